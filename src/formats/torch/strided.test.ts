import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { sizeOf, toNumbers } from '../../tensor/tensor.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { elementOfDType } from './element-types.ts';
import { storedTensor } from './strided.ts';
import { TorchTensor } from './torch-host.ts';

const held = 64;
let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strided-test-'));
  path = join(folder, 'numbers');
  // Eight bytes of something else first.
  await writeFile(
    path,
    new Uint8Array(Int16Array.from({ length: 4 + held }, (_, i) => i - 4).buffer),
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** A tensor of the numbers 0, 1, 2 ... of the file. */
function stored(
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): StoredTensor {
  const element = elementOfDType('torch.int16')!;
  const tensor = new TorchTensor({
    storage: { key: '0', element, length: held },
    element,
    offset,
    shape,
    strides,
  });
  return storedTensor(tensor, { path, offset: 8, length: 2 * held }, (what) => {
    throw new Error(what);
  });
}

test('strides lead to the elements that they say', async () => {
  const axis = fc.record({ size: fc.integer({ min: 1, max: 4 }), stride: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(fc.array(axis, { maxLength: 3 }), fc.nat(3), async (axes, offset) => {
      const shape = axes.map(({ size }) => size);
      const tensor = stored(
        offset,
        shape,
        axes.map(({ stride }) => stride),
      );
      const expected = Array.from({ length: sizeOf(shape) }, (_, flat) => {
        let rest = flat;
        return axes.reduceRight((place, { size, stride }) => {
          const index = rest % size;
          rest = Math.floor(rest / size);
          return place + index * stride;
        }, offset);
      });
      expect(toNumbers(await tensor.read())).toEqual(expected);
      if (!tensor.place) return;
      expect(expected).toEqual(expected.map((_, i) => expected[0] + i));
      expect(tensor.place).toEqual({ path, offset: 8 + 2 * offset, length: 2 * expected.length });
    }),
  );
});

describe('refuses, before anything is allocated', () => {
  const huge = 2 ** 52;
  it.each<[string, number, number[], number[], RegExp]>([
    ['a tensor beyond its storage', 1, [held], [1], /reaches to element 64 of a storage of 64/],
    ['an offset beyond it', held, [], [], /reaches to element 64/],
    ['strides beyond it', 0, [2], [huge], /reaches to element/],
    ['a shape that overflows', 0, [huge, huge, huge, huge], [1, 1, 1, 1], /reaches to element/],
    ['an endless repetition', 0, [huge, huge], [0, 0], /elements, made of 64/],
    ['a long repetition', 0, [2 ** 21], [0], /2097152 elements, made of 64/],
  ])('%s', (_, offset, shape, strides, message) => {
    expect(() => stored(offset, shape, strides)).toThrow(message);
  });

  it('but takes an empty tensor of whatever shape', async () => {
    for (const shape of [[0], [huge, huge, 0], [0, huge]]) {
      const tensor = stored(
        huge,
        shape,
        shape.map(() => huge),
      );
      expect(tensor.place).toEqual({ path, offset: 8, length: 0 });
    }
    expect((await stored(0, [0, 3], [3, 1]).read()).data).toHaveLength(0);
  });
});
