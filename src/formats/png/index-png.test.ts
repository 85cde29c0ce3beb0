import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeIndexPng } from './index-png.ts';

const folder = join(import.meta.dirname, 'fixtures');
const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(folder, `${name}.png`)));
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  number[][]
>;

describe('decodeIndexPng', () => {
  it.each(Object.keys(expected))('reads the numbers that Pillow reads from %s', async (name) => {
    const { width, height, data } = await decodeIndexPng(read(name), name);
    expect([height, width]).toEqual([expected[name].length, expected[name][0].length]);
    expect([...data]).toEqual(expected[name].flat());
  });

  it('refuses other channels and depths', async () => {
    await expect(decodeIndexPng(read('colour'), 'c.png')).rejects.toThrow(
      'c.png is a PNG of 8 bits, colour (valid: 8 bits or less, grey or palette)',
    );
    await expect(decodeIndexPng(read('grey-16'), 'g.png')).rejects.toThrow('of 16 bits, grey');
  });

  it('refuses what is broken, wherever it ends, before it allocates', async () => {
    const whole = read('palette');
    for (let length = 0; length < whole.length - 12; length += 7) {
      await expect(decodeIndexPng(whole.subarray(0, length), 'p.png')).rejects.toThrow('p.png');
    }
    const huge = whole.slice();
    huge.set([0x7f, 0xff, 0xff, 0xff], 16);
    await expect(decodeIndexPng(huge, 'p.png')).rejects.toThrow('p.png has 2147483647x19 pixels');
    const larger = whole.slice();
    larger[23]++;
    await expect(decodeIndexPng(larger, 'p.png')).rejects.toThrow('p.png is a truncated PNG');
    const smaller = whole.slice();
    smaller[23]--;
    await expect(decodeIndexPng(smaller, 'p.png')).rejects.toThrow('more than 504 bytes');
  });
});
