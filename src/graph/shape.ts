import { ModelLockError } from '../base/error.ts';

/**
 * One axis: a number, or the name of a length that is known only at run time (`batch`), with an
 * integer factor where axes were merged (`4*batch`).
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The shape as numbers. Throws `shape` when an axis is still named: gradients need static shapes. */
export function staticShape(shape: Shape): readonly number[] {
  if (shape.some((dim) => typeof dim === 'string')) {
    throw new ModelLockError('shape', `${showShape(shape)} has a named axis; bind it to a number`);
  }
  return shape as readonly number[];
}

/** `axis` counted from the front; negative axes count from the end, as in ONNX. */
export function normaliseAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new ModelLockError('shape', `axis ${axis} of a tensor of rank ${rank}`);
  }
  return normal;
}

/** The common shape of operands under ONNX's (NumPy's) broadcasting. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    shapes
      .map((shape) => shape[axis - rank + shape.length] ?? 1)
      .reduce((a, b) => {
        if (a === b || b === 1) return a;
        if (a === 1) return b;
        throw new ModelLockError(
          'shape',
          `shapes ${shapes.map(showShape).join(' and ')} do not broadcast`,
        );
      }),
  );
}

/** The product of axes; at most one of them may be named. */
export function product(dims: Shape): Dim {
  let factor = 1;
  let name: string | undefined;
  for (const dim of dims) {
    if (typeof dim === 'number') {
      factor *= dim;
      continue;
    }
    const [number, symbol] = splitFactor(dim);
    if (name !== undefined) {
      throw new ModelLockError('shape', `${showShape(dims)} has two named axes to be merged`);
    }
    factor *= number;
    name = symbol;
  }
  return name === undefined || factor === 0 ? factor : factor === 1 ? name : `${factor}*${name}`;
}

/** `total / part`, as `reshape` needs it for its -1. Throws `shape` when it does not divide. */
export function quotient(total: Dim, part: Dim): Dim {
  const [a, aName] = splitFactor(total);
  const [b, bName] = splitFactor(part);
  const divides = b !== 0 && a % b === 0 && (bName === undefined || bName === aName);
  if (!divides) throw new ModelLockError('shape', `${total} does not divide by ${part}`);
  return product(bName === undefined && aName !== undefined ? [a / b, aName] : [a / b]);
}

function splitFactor(dim: Dim): [factor: number, name: string | undefined] {
  if (typeof dim === 'number') return [dim, undefined];
  const star = dim.indexOf('*');
  return star < 0 ? [1, dim] : [Number(dim.slice(0, star)), dim.slice(star + 1)];
}
