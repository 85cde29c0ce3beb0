import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { toNumbers } from '../../tensor/tensor.ts';
import { paddedLength, textBatch } from './batch.ts';

it('pads with the pad token, masks it, and repeats the first text', () => {
  const { ids, mask } = textBatch([[7, 8], [9]], 3, 5, 3);
  expect(ids.shape).toEqual([3, 3]);
  expect(toNumbers(ids)).toEqual([7, 8, 5, 9, 5, 5, 7, 8, 5]);
  expect(toNumbers(mask)).toEqual([1, 1, 0, 1, 0, 0, 1, 1, 0]);
});

it('pads to the next multiple, but not beyond what a model takes', () => {
  expect([0, 1, 8, 9, 20].map((count) => paddedLength(count, 8, 20))).toEqual([8, 8, 8, 16, 20]);
  const size = fc.integer({ min: 1, max: 600 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 600, max: 1000 }), (count, multiple, most) => {
      const length = paddedLength(count, multiple, most);
      expect(length).toBeGreaterThanOrEqual(count);
      expect(length).toBeLessThanOrEqual(most);
      expect(length % multiple === 0 || length === most).toBe(true);
    }),
  );
});
