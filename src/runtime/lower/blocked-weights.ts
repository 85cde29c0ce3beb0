import { gather } from '../../graph/ops/gather/ops.ts';
import { reshape } from '../../graph/ops/movement/shape-ops.ts';
import { constant, shapeOf, type Value } from '../../graph/value.ts';
import { tensor } from '../../tensor/tensor.ts';
import { block } from './nchwc-ops.ts';

/**
 * The weights of blocked convolutions, as nodes of the graph: weights change with every step. All
 * transpositions are done by the operator that blocks activations, an order of magnitude faster on
 * several threads than ONNX Runtime's own of many small matrices.
 */

/** [O, I, h, w] as [O / B, I / B, h, w, B of I, B of O]. */
export function blockBoth(w: Value): Value {
  return blockOutputs(block(w)); // [O, I / B, h, w, B of I] is what each output has of inputs
}

/** [O, I, h, w] as [O / B, I, h, w, B of O]: for inputs that are not blocked, or one channel wide. */
export function blockOutputs(w: Value): Value {
  const [o, i, h, wide] = shapeOf(w);
  // As if outputs were the channels of one image.
  return reshape(block(reshape(w, [1, o, i * h, wide])), [o, i, h, wide]);
}

/**
 * From weights blocked by `blockBoth` those of the adjoint convolution, [I, O, ...] and blocked:
 * input and output channels exchanged, and of the taps only those that `taps` lists, by rows and
 * columns, in that order.
 */
export function adjointBlocks(
  blocked: Value,
  size: number,
  [rows, columns]: readonly [readonly number[], readonly number[]],
): Value {
  const [o, i, h, w] = shapeOf(blocked);
  const [outs, ins] = [o / size, i / size];
  const pairs = reshape(blocked, [outs * ins * h * w, size, 1, size]); // [..., B of I, B of O]
  const exchanged = reshape(block(pairs), [outs * ins * h * w, size, size]); // [..., B of O, B of I]
  const picked: number[] = [];
  for (let input = 0; input < ins; input++) {
    for (let output = 0; output < outs; output++) {
      for (const row of rows) {
        for (const column of columns) {
          picked.push(((output * ins + input) * h + row) * w + column);
        }
      }
    }
  }
  const order = constant(tensor('int32', [picked.length], Int32Array.from(picked)));
  return reshape(gather(exchanged, order), [i, o, rows.length, columns.length]);
}
