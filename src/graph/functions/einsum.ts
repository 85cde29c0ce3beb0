import { ModelLockError } from '../../base/error.ts';
import { mul } from '../ops/binary/ops.ts';
import { matmul } from '../ops/matmul/ops.ts';
import { reshape, transpose, unsqueeze } from '../ops/movement/shape-ops.ts';
import { reduceSum } from '../ops/reduction/ops.ts';
import { product, type Dim } from '../shape.ts';
import type { Value } from '../value.ts';

/** A value whose axes have names, one letter each. */
interface Labelled {
  readonly value: Value;
  readonly axes: readonly string[];
}

/**
 * Einstein's sum convention: `einsum('bij,bjk->bik', a, b)`. Axes that the result does not name
 * are summed over. The result must be named; no letter may occur twice in one operand.
 */
export function einsum(equation: string, ...values: readonly Value[]): Value {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (right === undefined || terms.length !== values.length) {
    throw invalid(equation, `${values.length} operands`);
  }
  const operands = terms.map((axes, i) => labelled(equation, axes, values[i]));
  const wanted = letters(right);
  const result = operands.reduce((a, b, i) => {
    const later = operands.slice(i + 1).flatMap(({ axes }) => axes);
    return contract(a, b, new Set([...wanted, ...later]));
  });
  const summed = sumExcept(result, new Set(wanted));
  if (wanted.some((axis) => !summed.axes.includes(axis))) throw invalid(equation, 'its result');
  return arranged(summed, wanted);
}

const letters = (axes: string): readonly string[] => axes.split('');

function invalid(equation: string, what: string): ModelLockError {
  return new ModelLockError('shape', `einsum equation "${equation}" does not fit ${what}`);
}

function labelled(equation: string, axes: string, value: Value): Labelled {
  const names = letters(axes);
  const fits = value.shape.length === names.length && new Set(names).size === names.length;
  if (!fits) throw invalid(equation, `operand "${axes}"`);
  return { value, axes: names };
}

/** Sums over the axes that nobody needs. */
function sumExcept({ value, axes }: Labelled, needed: ReadonlySet<string>): Labelled {
  const gone = axes.flatMap((axis, i) => (needed.has(axis) ? [] : [i]));
  return {
    value: reduceSum(value, { axes: gone }),
    axes: axes.filter((axis) => needed.has(axis)),
  };
}

/** The axes of `x` in the order of `axes`. */
function arranged(x: Labelled, axes: readonly string[]): Value {
  return transpose(
    x.value,
    axes.map((axis) => x.axes.indexOf(axis)),
  );
}

/** The product of two operands, summed over the axes that only they have and nobody needs. */
function contract(first: Labelled, second: Labelled, needed: ReadonlySet<string>): Labelled {
  const a = sumExcept(first, new Set([...second.axes, ...needed]));
  const b = sumExcept(second, new Set([...first.axes, ...needed]));
  const shared = a.axes.filter((axis) => b.axes.includes(axis));
  const batch = shared.filter((axis) => needed.has(axis));
  const inner = shared.filter((axis) => !needed.has(axis));
  const rows = a.axes.filter((axis) => !shared.includes(axis));
  const columns = b.axes.filter((axis) => !shared.includes(axis));
  const axes = [...batch, ...rows, ...columns];
  if (inner.length === 0) {
    return { value: mul(spread(a, axes), spread(b, axes)), axes };
  }
  const lengths = new Map<string, Dim>(
    [a, b].flatMap(({ value, axes: names }) => names.map((axis, i) => [axis, value.shape[i]])),
  );
  const shapeOfAxes = (names: readonly string[]): readonly Dim[] =>
    names.map((name) => lengths.get(name)!);
  const joined = (names: readonly string[]): Dim => product(shapeOfAxes(names));
  const outer = shapeOfAxes(batch);
  const left = reshape(arranged(a, [...batch, ...rows, ...inner]), [
    ...outer,
    joined(rows),
    joined(inner),
  ]);
  const right = reshape(arranged(b, [...batch, ...inner, ...columns]), [
    ...outer,
    joined(inner),
    joined(columns),
  ]);
  return { value: reshape(matmul(left, right), shapeOfAxes(axes)), axes };
}

/** x with its axes in the order of `axes` and an axis of length 1 for each that it lacks. */
function spread(x: Labelled, axes: readonly string[]): Value {
  const own = axes.filter((axis) => x.axes.includes(axis));
  const missing = axes.flatMap((axis, i) => (x.axes.includes(axis) ? [] : [i]));
  const value = arranged(x, own);
  return missing.length === 0 ? value : unsqueeze(value, missing);
}
