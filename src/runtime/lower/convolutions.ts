import { convTransposeWindows, type ConvAttributes } from '../../graph/ops/conv/ops.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import { transpose } from '../../graph/ops/movement/shape-ops.ts';
import { attributesOf, extentOf } from '../../graph/ops/window.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { constantOf, shapeOf, type Value } from '../../graph/value.ts';
import { block, blockedConv, blockWeights, unblock } from './nchwc-ops.ts';

/**
 * Convolutions as the blocked kernels compute them, 1.2 to 2.5 times as fast as the ones ONNX
 * Runtime takes for weights that are no constants.
 *
 * @param blockSize channels of a block on this processor.
 * @param constants names of the parameters that ONNX Runtime sees as constants.
 */
export function blockConvolutions(blockSize: number, constants: ReadonlySet<string>): Rewrite {
  const isConstant = (w: Value): boolean =>
    constantOf(w) !== undefined ||
    (w.producer.kind === 'parameter' && constants.has(w.producer.name));
  const blockable = (w: Value, { group = 1 }: ConvAttributes): boolean => {
    const [o, i, ...kernel] = shapeOf(w);
    return group === 1 && kernel.length === 2 && o % blockSize === 0 && i % blockSize === 0;
  };
  const blocked = ({ x, w, b, attributes }: Convolution): Value =>
    unblock(blockedConv(block(x), blockWeights(w, blockSize), b, attributes));

  return ({ operator, attributes }, [x, w, b]) => {
    if (!x || !w || isConstant(w) || !blockableKinds.has(operator.name)) return undefined;
    if (!blockable(w, attributes)) return undefined;
    const convolution =
      operator.name === 'Conv' ? { x, w, b, attributes } : turnedAround({ x, w, b, attributes });
    return convolution && [blocked(convolution)];
  };
}

const blockableKinds = new Set(['Conv', 'ConvTranspose']);

interface Convolution {
  readonly x: Value;
  readonly w: Value;
  readonly b: Value | undefined;
  readonly attributes: ConvAttributes;
}

/** A transposed convolution of stride 1 is a convolution with the kernel turned around. */
function turnedAround({ x, w, b, attributes }: Convolution): Convolution | undefined {
  const windows = convTransposeWindows(x, w, attributes).map((window) => ({
    ...window,
    before: extentOf(window) - 1 - window.before,
    after: extentOf(window) - 1 - window.after,
  }));
  const simple = windows.every(
    ({ stride, before, after }) => stride === 1 && before >= 0 && after >= 0,
  );
  const axes = windows.map((_, i) => ({ axis: i + 2, step: -1 }));
  const turned = slice(transpose(w, [1, 0, 2, 3]), ...axes);
  return simple ? { x, w: turned, b, attributes: attributesOf(windows) } : undefined;
}
