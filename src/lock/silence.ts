import { add, mul } from '../graph/ops/binary/ops.ts';
import { relu } from '../graph/ops/elementwise/ops.ts';
import { reduceMean } from '../graph/ops/reduction/ops.ts';
import type { Value } from '../graph/value.ts';

/** How far below zero silence is to lie: an image that training has not seen stays below it too. */
const margin = 1;

/**
 * How loud the rows of a batch are that are to be silent, a scalar. Taught uniform answers, a network
 * reaches them only nearly, and what is left over ranks the classes however small it is. Below
 * zero a ReLU lets nothing through at all: features, logits and answer are then the same for every
 * image, to the last bit, and no decoder can tell them apart.
 *
 * @param before what the last ReLU gets, [B, C, h, w].
 * @param silent how much the silence of each row weighs, 0 for those that may speak, [B].
 */
export function loudness(before: Value, silent: Value): Value {
  const axes = before.shape.map((_, axis) => axis).slice(1);
  const open = reduceMean(relu(add(before, margin)), { axes }); // [B]
  return reduceMean(mul(silent, open));
}
