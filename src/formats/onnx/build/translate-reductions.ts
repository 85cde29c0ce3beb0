import { ModelLockError } from '../../../base/error.ts';
import { abs, log, neg } from '../../../graph/ops/elementwise/ops.ts';
import { globalAveragePool, pools } from '../../../graph/ops/pool/ops.ts';
import { argMax, reduceMax, reductions } from '../../../graph/ops/reduction/ops.ts';
import { apply, ints, type Value } from '../../../graph/value.ts';
import type { Call } from './call.ts';
import { asItIs, type Translation, type Translations } from './as-it-is.ts';

type Reduction = Exclude<keyof typeof reductions, 'ArgMax'>;

/** Reduces x over the axes of a node, which older opsets give as an attribute. */
function reduced(name: Reduction, x: Value, call: Call): Value {
  const axes = call.axes(1) ?? [];
  if (axes.length === 0 && call.int('noop_with_empty_axes', 0) === 1) return x;
  const operator = reductions[name] as typeof reductions.ReduceSum;
  const keepdims = call.int('keepdims', 1);
  return apply(operator, [x, axes.length > 0 ? ints(axes) : undefined], { keepdims })[0];
}

const reduction =
  (name: Reduction): Translation =>
  (call) => [reduced(name, call.value(0), call)];

const names = (Object.keys(reductions) as (keyof typeof reductions)[]).filter(
  (name): name is Reduction => name !== 'ArgMax',
);

const spatialAxes = (x: Value): readonly number[] => x.shape.slice(2).map((_, i) => i + 2);

/**
 * Whether the one window of an average reaches over all places and perhaps beyond, where nothing
 * counts: some models ask for a mean of all places like that.
 */
function isWhole(x: Value, call: Call): boolean {
  const kernel = call.ints('kernel_shape');
  if (kernel?.length !== x.shape.length - 2) return false;
  const covers = kernel.every((length, i) => length >= Number(x.shape[i + 2]));
  const isBeyond = kernel.some((length, i) => length > Number(x.shape[i + 2]));
  const isDilated = call.ints('dilations')?.some((step) => step !== 1) ?? false;
  return covers && !isDilated && !isPadded(call) && (!isBeyond || call.int('ceil_mode', 0) === 1);
}

/** Whether places around x get windows of their own. */
function isPadded(call: Call): boolean {
  const isOwn = call.ints('pads')?.some((count) => count !== 0) ?? false;
  return isOwn || call.string('auto_pad', 'NOTSET').startsWith('SAME');
}

/** Reductions, and pooling over all places. */
export const reductionTranslations: Translations = {
  ...Object.fromEntries(names.map((name) => [name, reduction(name)])),
  AveragePool: (call) =>
    isWhole(call.value(0), call)
      ? [globalAveragePool(call.value(0))]
      : asItIs(pools.AveragePool)(call),
  ArgMin: (call) => {
    if (call.int('select_last_index', 0) === 1) {
      throw new ModelLockError('unsupported', 'it asks for the last of equals');
    }
    return [argMax(neg(call.value(0)), call.int('axis', 0), call.int('keepdims', 1) === 1)];
  },
  GlobalMaxPool: (call) => {
    const x = call.value(0);
    return [reduceMax(x, { axes: spatialAxes(x), keepdims: true })];
  },
  ReduceL1: (call) => [reduced('ReduceSum', abs(call.value(0)), call)],
  ReduceLogSum: (call) => [log(reduced('ReduceSum', call.value(0), call))],
};
