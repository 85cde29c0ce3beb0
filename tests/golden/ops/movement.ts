import { flip, repeatInterleave, roll, stack } from '../../../src/graph/functions/arrange.ts';
import { gather, gatherElements, scatterAdd } from '../../../src/graph/ops/gather/ops.ts';
import { chunk, concat, slice, split } from '../../../src/graph/ops/movement/join-ops.ts';
import { pad, type PadMode } from '../../../src/graph/ops/movement/pad.ts';
import {
  cumSum,
  depthToSpace,
  lowerTriangle,
  spaceToDepth,
  tile,
} from '../../../src/graph/ops/movement/repeat-ops.ts';
import {
  expand,
  flatten,
  reshape,
  squeeze,
  transpose,
  unsqueeze,
} from '../../../src/graph/ops/movement/shape-ops.ts';
import { resize, type ResizeOptions } from '../../../src/graph/ops/resize/ops.ts';
import type { OpBuilder, OpTable } from './case.ts';

const padModes: Readonly<Record<string, PadMode>> = {
  'pad.reflect': 'reflect',
  'pad.replicate': 'edge',
  'pad.circular': 'wrap',
};

const padAxes: Readonly<Record<string, number>> = { last: -1, before_last: -2 };

const padded: OpBuilder = ([x], { name, attributes: { pads = {}, value } }) =>
  pad(
    x,
    Object.fromEntries(
      Object.entries(pads).map(([axis, amounts]) => [
        padAxes[axis],
        amounts as readonly [number, number],
      ]),
    ),
    padModes[name] ?? 'constant',
    value,
  );

/** Ranks above a repeated tensor's are filled up with new axes in front, as PyTorch does. */
const tiled: OpBuilder = ([x], { attributes: { repeats } }) => {
  const counts = repeats as readonly number[];
  const added = Array.from({ length: counts.length - x.shape.length }, (_, axis) => axis);
  return tile(added.length === 0 ? x : unsqueeze(x, added), counts);
};

const resized =
  (mode: ResizeOptions['mode']): OpBuilder =>
  ([x], { attributes: { size, scale, align_corners: alignCorners, antialias } }) =>
    resize(x, {
      mode,
      size,
      scale: scale === undefined ? undefined : [scale, scale],
      alignCorners,
      antialias,
    });

/** `movement` and `resize`. */
export const movementTable: OpTable = {
  reshape: ([x], { attributes: { shape } }) => reshape(x, shape!),
  flatten: ([x], { attributes: { start } }) => flatten(x, start),
  squeeze: ([x], { attributes: { axis } }) => squeeze(x, [axis!]),
  unsqueeze: ([x], { attributes: { axis } }) => unsqueeze(x, [axis!]),
  transpose: ([x], { attributes: { perm } }) => transpose(x, perm!),
  concat: (values, { attributes: { axis } }) => concat(values, axis!),
  stack: (values, { attributes: { axis } }) => stack(values, axis),
  split: ([x], { attributes: { sizes, axis } }) => ({ outputs: split(x, sizes!, axis!) }),
  chunk: ([x], { attributes: { chunks, axis } }) => ({ outputs: chunk(x, chunks!, axis!) }),
  slice: ([x], { attributes: { axis, start, end, step } }) =>
    slice(x, { axis: axis!, start, end, step }),
  flip: ([x], { attributes: { axis } }) => flip(x, [axis!]),
  roll: ([x], { attributes: { shifts, axes } }) => roll(x, shifts!, axes as readonly number[]),
  expand: ([x], { attributes: { shape } }) => expand(x, shape!),
  tile: tiled,
  repeat_interleave: ([x], { attributes: { repeats, axis } }) =>
    repeatInterleave(x, repeats as number, axis!),
  pad: padded,
  embedding: ([ids, table]) => gather(table, ids),
  gather: ([x, index], { attributes: { axis } }) => gatherElements(x, index, axis!),
  index_select: ([x, index], { attributes: { axis } }) => gather(x, index, axis),
  scatter_add: ([x, index, source], { attributes: { axis } }) =>
    scatterAdd(x, index, source, axis!),
  tril: ([x], { attributes: { diagonal } }) => lowerTriangle(x, diagonal),
  cumsum: ([x], { attributes: { axis } }) => cumSum(x, axis!),
  nearest: resized('nearest'),
  'nearest-exact': resized('nearest-exact'),
  bilinear: resized('linear'),
  'bilinear-antialias': resized('linear'),
  bicubic: resized('cubic'),
  pixel_shuffle: ([x], { attributes: { factor } }) => depthToSpace(x, factor!),
  pixel_unshuffle: ([x], { attributes: { factor } }) => spaceToDepth(x, factor!),
};
