import { ModelLockError } from '../../base/error.ts';
import { graphOf } from '../../graph/graph.ts';
import { normaliseAxis, product, type Shape } from '../../graph/shape.ts';
import { constantInts, type Node, type Value } from '../../graph/value.ts';
import { batchAxisOf } from './build/batch-shapes.ts';

/** Axes of an operator's first input, of this shape; negative ones count from the end. */
type Axes = (node: Node, shape: Shape) => readonly number[];

const theAxis =
  (usual: number): Axes =>
  ({ attributes }) => [(attributes['axis'] as number | undefined) ?? usual];
const axesFrom = (first: number, { length }: Shape): readonly number[] =>
  Array.from({ length: length - first }, (_, i) => first + i);

/** The elements that lie before a picture. */
const before = (shape: Shape): unknown => product(shape.slice(0, batchAxisOf(shape)));

/** The axes along which an operator lets elements meet, or moves them, and that it keeps. All others lose such axes. */
const mixedAxes: Readonly<Record<string, Axes>> = {
  Softmax: theAxis(-1),
  LogSoftmax: theAxis(-1),
  LayerNormalization: (node, shape) =>
    axesFrom(normaliseAxis(theAxis(-1)(node, shape)[0], shape.length), shape),
  InstanceNormalization: (_, shape) => axesFrom(2, shape),
  CumSum: ({ inputs }) => constantInts(inputs[1], 'the axis'),
  Trilu: () => [-2, -1],
  Gather: theAxis(0),
  GatherElements: theAxis(0),
  ScatterElements: theAxis(0),
  Reshape: ({ outputs: [y] }, shape) =>
    before(y.shape) === before(shape) ? [] : [batchAxisOf(shape)],
};

/**
 * Throws `shape` where what becomes of a picture depends on those beside it: where an operator works
 * along the one named axis, which is the batch.
 */
export function requirePicturesApart(result: Value): void {
  for (const node of graphOf({ result }).nodes) {
    const [first, ...others] = node.inputs.map((value) => (value ? batchAxisOf(value.shape) : -1));
    if (first < 0 && others.every((axis) => axis < 0)) continue;
    const isLost = node.outputs.some(({ shape }) => batchAxisOf(shape) < 0);
    if (isLost || (first >= 0 && mixes(node, first))) {
      throw new ModelLockError('shape', `${node.operator.name} works along the batch`);
    }
  }
}

function mixes(node: Node, batch: number): boolean {
  const { shape } = node.inputs[0]!;
  const axes = mixedAxes[node.operator.name]?.(node, shape) ?? [];
  return axes.some((axis) => normaliseAxis(axis, shape.length) === batch);
}
