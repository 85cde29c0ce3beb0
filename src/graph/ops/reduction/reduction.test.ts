import { expect, it } from 'vitest';
import { float32 } from '../../../tensor/tensor.ts';
import { evaluate } from '../../testing/evaluate.ts';
import { constant } from '../../value.ts';
import {
  reduceL2,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
} from './ops.ts';

it.each([
  reduceSum,
  reduceMean,
  reduceMax,
  reduceMin,
  reduceProd,
  reduceL2,
  reduceSumSquare,
  reduceLogSumExp,
])('number %# over no axes is that over an axis of length one', async (reduce) => {
  const x = constant(float32([2, 1], [-3, 2]));
  const outputs = { none: reduce(x, { axes: [] }), one: reduce(x, { axes: [1], keepdims: true }) };
  const { none, one } = await evaluate(outputs);
  expect(none).toEqual(one);
});
