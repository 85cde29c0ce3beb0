import { expect, test } from 'vitest';
import { float32 } from '../tensor/tensor.ts';
import { blend, combine, joinBatches, joinChannels, repeatBatch, splitBatch } from './latents.ts';

const a = float32([2, 2, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const b = float32([2, 2, 1, 2], [10, 20, 30, 40, 50, 60, 70, 80]);

test('channels of each sample are joined', () => {
  const { shape, data } = joinChannels(a, float32([2, 1, 1, 2], [-1, -2, -3, -4]));
  expect(shape).toEqual([2, 3, 1, 2]);
  expect([...data]).toEqual([1, 2, 3, 4, -1, -2, 5, 6, 7, 8, -3, -4]);
  expect(() => joinChannels(a, float32([1, 1, 1, 2], [0, 0]))).toThrow('channels of [2, 2, 1, 2]');
});

test('a mask chooses for all channels of its sample', () => {
  const mask = float32([2, 1, 1, 2], [1, 0, 0, 0.5]);
  expect([...blend(mask, a, b).data]).toEqual([1, 20, 3, 40, 50, 33, 70, 44]);
});

test('one sample becomes a batch, and only one', () => {
  const one = float32([1, 2], [1, 2]);
  expect(repeatBatch(one, 2)).toEqual(float32([2, 2], [1, 2, 1, 2]));
  expect(repeatBatch(a, 2)).toBe(a);
  expect(() => repeatBatch(a, 3)).toThrow('[2, 2, 1, 2] is neither one sample nor 3');
});

test('combinations are summed by their factors', () => {
  expect([...combine([2, a], [-0.1, b]).data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(() => combine([1, a], [1, float32([1], [1])])).toThrow('[1] added to [2, 2, 1, 2]');
});

test('batches are joined in order, and come apart again', () => {
  const joined = joinBatches([a, b]);
  expect(joined.shape).toEqual([4, 2, 1, 2]);
  expect(splitBatch(joined, 2)).toEqual([a, b]);
});
