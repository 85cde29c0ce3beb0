import { ModelLockError } from '../../base/error.ts';
import type { DType } from '../../tensor/dtype.ts';
import { broadcastShapes, showShape, type Shape } from '../shape.ts';
import type { Value, ValueType } from '../value.ts';

/** Shape inference that many operators share. */

/** One output, typed as the first input. */
export function sameAsFirst(inputs: readonly (Value | undefined)[]): readonly ValueType[] {
  const { dtype, shape } = required(inputs, 0);
  return [{ dtype, shape }];
}

/** One output of the broadcast shape and the dtype of all inputs. */
export function broadcastAll(inputs: readonly (Value | undefined)[]): readonly ValueType[] {
  const given = inputs.map((_, i) => required(inputs, i));
  return [{ dtype: commonDType(given), shape: broadcastShape(given) }];
}

/** The shape of operands that are broadcast against each other. */
export const broadcastShape = (inputs: readonly (Value | undefined)[]): Shape =>
  broadcastShapes(...inputs.map((_, i) => required(inputs, i).shape));

/** The dtype of operands, at least one. Throws `shape` unless they agree: a cast has to be asked for. */
export function commonDType(operands: readonly Value[]): DType {
  const [dtype, ...others] = new Set(operands.map((value) => value.dtype));
  if (others.length === 0) return dtype;
  throw new ModelLockError('shape', `dtypes ${[dtype, ...others].join(' and ')} do not agree`);
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
