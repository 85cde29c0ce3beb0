import { add } from '../../graph/ops/binary/ops.ts';
import { concat, slice } from '../../graph/ops/movement/join-ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import { flatten, reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import { resize } from '../../graph/ops/resize/ops.ts';
import { shapeOf, type Value } from '../../graph/value.ts';
import { conv2d } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';

/** What the embeddings of vision transformers have in common. */
export interface ViTEmbeddingsConfig {
  readonly hidden_size: number;
  readonly image_size: number;
  readonly patch_size: number;
}

const init = normal(0.02);

/** What is made of the patches of a picture. */
export interface Patches {
  /** [B, P, D], row by row. */
  readonly tokens: Value;
  readonly grid: readonly [rows: number, columns: number];
}

/** The patches of x [B, C, H, W], projected by the weights that `scope` has. */
export function projectPatches(
  scope: Scope,
  { hidden_size: width, patch_size: patch }: Omit<ViTEmbeddingsConfig, 'image_size'>,
  x: Value,
  options: { readonly bias?: boolean } = {},
): Patches {
  const projected = conv2d(scope, x, width, { ...options, kernel: patch, stride: patch, init }); // [B, D, h, w]
  const [rows, columns] = projected.shape.slice(2).map(Number);
  return { tokens: transpose(flatten(projected, 2), [0, 2, 1]), grid: [rows, columns] };
}

/** The same by the name that transformers has for those weights. */
export const patchTokens = (scope: Scope, config: ViTEmbeddingsConfig, x: Value): Patches =>
  projectPatches(scope.within('patch_embeddings.projection'), config, x);

/** Learnt tokens [1, S, D] before those of patches [B, P, D], with positions [1, S + P, D] added to all. */
export function placedTokens(learnt: Value, patches: Value, positions: Value): Value {
  const [special, count] = [learnt, patches].map(({ shape }) => Number(shape[1]));
  return add(pad(patches, { 1: [special, 0] }), add(positions, pad(learnt, { 1: [0, count] })));
}

/**
 * ViTEmbeddings and DeiTEmbeddings of transformers: learnt tokens before the patches of
 * x [B, C, H, W], and positions added to all of them. Pictures of another size than the
 * configuration's get interpolated positions.
 *
 * @param special the names of the tokens at the beginning, S of them.
 * @returns [B, S + P, D]
 */
export function vitEmbeddings(
  scope: Scope,
  config: ViTEmbeddingsConfig,
  x: Value,
  special: readonly string[],
): Value {
  const { hidden_size: width, image_size: size, patch_size: patch } = config;
  const { tokens, grid } = patchTokens(scope, config, x);
  const learnt = concat(
    special.map((name) => scope.parameter(name, [1, 1, width], init)),
    1,
  ); // [1, S, D]
  const side = Math.floor(size / patch);
  const count = special.length;
  const positions = scope.parameter('position_embeddings', [1, count + side * side, width], init);
  return placedTokens(learnt, tokens, positionsFor(positions, count, side, grid));
}

/** Positions learnt for `count` tokens and side x side patches, interpolated to another grid. */
export function positionsFor(
  positions: Value,
  count: number,
  side: number,
  [rows, columns]: readonly [number, number],
): Value {
  if (rows === side && columns === side) return positions;
  const width = shapeOf(positions)[2];
  const grid = reshape(slice(positions, { axis: 1, start: count }), [1, side, side, width]);
  const resized = resize(transpose(grid, [0, 3, 1, 2]), { size: [rows, columns], mode: 'cubic' });
  const patches = reshape(transpose(resized, [0, 2, 3, 1]), [1, rows * columns, width]);
  return count === 0 ? patches : concat([slice(positions, { axis: 1, end: count }), patches], 1);
}
