import { normaliseAxis } from '../../shape.ts';
import { apply, operator, type Value } from '../../value.ts';
import { required, sameAsFirst } from '../infer.ts';

/** Operators that look elements up by index, and put them back. Indices are int64. */
export const gathers = {
  Gather: operator({
    name: 'Gather',
    attributes: { axis: 'int' },
    infer: (inputs, { axis = 0 }) => {
      const { dtype, shape } = required(inputs, 0);
      const along = normaliseAxis(axis, shape.length);
      const indices = required(inputs, 1).shape;
      return [{ dtype, shape: [...shape.slice(0, along), ...indices, ...shape.slice(along + 1)] }];
    },
  }),
  GatherElements: operator({
    name: 'GatherElements',
    attributes: { axis: 'int' },
    infer: (inputs) => [{ dtype: required(inputs, 0).dtype, shape: required(inputs, 1).shape }],
  }),
  ScatterElements: operator({
    name: 'ScatterElements',
    attributes: { axis: 'int', reduction: 'string' },
    infer: sameAsFirst,
  }),
};

/** Slices of x along `axis`, in the order of `indices`, whose shape takes the place of the axis. */
export const gather = (x: Value, indices: Value, axis = 0): Value =>
  apply(gathers.Gather, [x, indices], { axis })[0];

/** y[i][j] = x[indices[i][j]][j] for axis 0, and so on. */
export const gatherElements = (x: Value, indices: Value, axis: number): Value =>
  apply(gathers.GatherElements, [x, indices], { axis })[0];

/** x with `updates` put, or added, at the places that `gatherElements` would read. */
export const scatterElements = (
  x: Value,
  indices: Value,
  updates: Value,
  axis: number,
  reduction: 'none' | 'add' = 'none',
): Value => apply(gathers.ScatterElements, [x, indices, updates], { axis, reduction })[0];
