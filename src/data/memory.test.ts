import { expect, it } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { pictureMemory } from './memory.ts';

const picture = (value: number): RgbImage => ({
  width: 2,
  height: 1,
  data: new Uint8Array(6).fill(value),
});

function reader(): { reads: number[]; of: (value: number) => () => Promise<RgbImage> } {
  const reads: number[] = [];
  const of = (value: number) => () => {
    reads.push(value);
    return Promise.resolve(picture(value));
  };
  return { reads, of };
}

it('reads what it keeps once', async () => {
  const { reads, of } = reader();
  const memory = pictureMemory();
  for (const value of [1, 2, 1, 2]) {
    expect(await memory.get(`${value}`, of(value))).toEqual(picture(value));
  }
  expect(reads).toEqual([1, 2]);
});

it('keeps the first up to its size and reads the others each time', async () => {
  const { reads, of } = reader();
  const memory = pictureMemory(13);
  for (const value of [1, 2, 3, 1, 2, 3]) await memory.get(`${value}`, of(value));
  expect(reads).toEqual([1, 2, 3, 3]);
});

it('counts a picture that is read twice at the same time once', async () => {
  const { reads, of } = reader();
  const memory = pictureMemory(12);
  await Promise.all([memory.get('1', of(1)), memory.get('1', of(1))]);
  for (const value of [2, 2]) await memory.get(`${value}`, of(value));
  expect(reads).toEqual([1, 1, 2]);
});

it('keeps no failures', async () => {
  const memory = pictureMemory();
  await expect(memory.get('1', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await memory.get('1', reader().of(1))).toEqual(picture(1));
});
