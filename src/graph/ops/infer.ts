import { ModelLockError } from '../../base/error.ts';
import { broadcastShapes, showShape } from '../shape.ts';
import type { Value, ValueType } from '../value.ts';

/** Shape inference that many operators share. */

/** One output, typed as the first input. */
export function sameAsFirst(inputs: readonly (Value | undefined)[]): readonly ValueType[] {
  const { dtype, shape } = required(inputs, 0);
  return [{ dtype, shape }];
}

/** One output of the broadcast shape, typed as the last input: so that it serves `Where` as well. */
export function broadcastAll(inputs: readonly (Value | undefined)[]): readonly ValueType[] {
  const given = inputs.map((_, i) => required(inputs, i));
  return [
    { dtype: given.at(-1)!.dtype, shape: broadcastShapes(...given.map((value) => value.shape)) },
  ];
}

/** As `broadcastAll`, of dtype bool. */
export function broadcastToBool(inputs: readonly (Value | undefined)[]): readonly ValueType[] {
  return broadcastAll(inputs).map(({ shape }) => ({ dtype: 'bool', shape }));
}

/** The input at `index`. Throws `shape` where it is left out. */
export function required(inputs: readonly (Value | undefined)[], index: number): Value {
  const value = inputs[index];
  if (!value) throw new ModelLockError('shape', `input ${index} is missing`);
  return value;
}

/** Throws `shape` unless `value` has `rank` axes. */
export function requireRank(value: Value, rank: number, what: string): void {
  if (value.shape.length !== rank) {
    throw new ModelLockError(
      'shape',
      `${what} must have rank ${rank}, got ${showShape(value.shape)}`,
    );
  }
}
