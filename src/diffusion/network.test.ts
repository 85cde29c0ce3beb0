import { expect, test } from 'vitest';
import { embeddedScale } from './network.ts';

test.each([
  [7.5, 6, [-0.044785, 0.826829, 0.605186, -0.998997, -0.562454, 0.796084]],
  [2, 7, [0.82688, -0.544021, 0.099833, 0.562379, -0.839072, 0.995004, 0]],
])("embeds a guidance of %d in %d numbers, as diffusers' pipelines do", (scale, size, expected) => {
  const { shape, data } = embeddedScale(scale, 2, size);
  expect(shape).toEqual([2, size]);
  [...expected, ...expected].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 5));
});
