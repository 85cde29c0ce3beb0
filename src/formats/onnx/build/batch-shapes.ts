import { ModelLockError } from '../../../base/error.ts';
import { reshapedTo } from '../../../graph/ops/movement/shape-ops.ts';
import { normaliseAxis, showShape, type Shape } from '../../../graph/shape.ts';
import { sizeOf } from '../../../tensor/tensor.ts';

/**
 * The shapes that an exporter wrote down for batches of a fixed length, for batches of any. In the
 * shapes here the one named axis is the batch, perhaps with a factor.
 */

/** The axis of the batch, or -1. Throws `shape` for two: then pictures meet those beside them. */
export function batchAxisOf(shape: Shape): number {
  const axes = shape.flatMap((dim, axis) => (typeof dim === 'string' ? [axis] : []));
  if (axes.length < 2) return axes[0] ?? -1;
  throw new ModelLockError('shape', `the batch is in several axes of ${showShape(shape)}`);
}

/** A shape as it was when the batch had its fixed length. */
const exported = (shape: Shape, batch: number): readonly number[] =>
  shape.map((dim) => (typeof dim === 'number' ? dim : batch * (Number.parseInt(dim, 10) || 1)));

/**
 * What a Reshape of `from` asks for, with -1 for the axis of the batch. What is before that axis
 * stays before it, so each picture keeps its elements together. Throws `shape` where no axis of the
 * target begins there.
 */
export function freedReshape(
  from: Shape,
  wanted: readonly number[],
  { batch, allowZero }: { readonly batch: number; readonly allowZero: boolean },
): readonly number[] {
  const own = exported(from, batch);
  const to = reshapedTo(own, wanted, allowZero) as readonly number[];
  const before = sizeOf(own.slice(0, batchAxisOf(from)));
  const places = [...to.keys()].filter(
    (axis) => sizeOf(to.slice(0, axis)) === before && to[axis] % batch === 0,
  );
  const place = places.find((axis) => to[axis] === batch) ?? places.at(0);
  if (place === undefined) {
    throw new ModelLockError('shape', `${showShape(from)} as ${showShape(wanted)}`);
  }
  return to.with(place, -1);
}

/** What an Expand of `from` asks for, with 1 for the axis of the batch, which is as long already. */
export function freedExpand(
  from: Shape,
  wanted: readonly number[],
  batch: number,
): readonly number[] {
  const axis = batchAxisOf(from) - from.length + wanted.length;
  const fits =
    wanted[axis] === 1 || wanted[axis] === exported(from, batch).at(axis - wanted.length);
  if (axis < 0 || !fits) return wanted;
  return wanted.with(axis, 1);
}

/**
 * The place of the batch among the sizes that a Resize of `from` asks for, or -1 where they are of
 * other axes. Throws `shape` where it is to become longer or shorter.
 */
export function batchSizeAt(
  from: Shape,
  wanted: readonly number[],
  { batch, axes }: { readonly batch: number; readonly axes: readonly number[] | undefined },
): number {
  const axis = batchAxisOf(from);
  const at = axes ? axes.findIndex((given) => normaliseAxis(given, from.length) === axis) : axis;
  if (at < 0 || wanted[at] === exported(from, batch)[axis]) return at;
  throw new ModelLockError('shape', `${showShape(from)} resized to ${showShape(wanted)}`);
}

/** Which pieces of a Concat have one row where others have the batch. */
export interface Joined {
  readonly pieces: readonly number[];
  /** A piece that has the batch, and its axis. */
  readonly like: number;
  readonly axis: number;
}

/**
 * The pieces that are to be repeated for each picture, such as a class token; `undefined` for none.
 *
 * @param along the axis along which pieces are joined.
 */
export function shortPieces(shapes: readonly Shape[], along: number): Joined | undefined {
  const axes = shapes.map(batchAxisOf);
  const like = axes.findIndex((axis) => axis >= 0);
  const axis = axes[like];
  if (like < 0 || axis === normaliseAxis(along, shapes[like].length)) return undefined;
  const pieces = [...shapes.keys()].filter((i) => axes[i] < 0 && shapes[i][axis] === 1);
  return pieces.length === 0 ? undefined : { pieces, like, axis };
}
