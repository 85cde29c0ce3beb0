import { channelsFirst } from '../../graph/ops/channels.ts';
import { convWindows, type ConvAttributes } from '../../graph/ops/conv/ops.ts';
import { exchanged, fromPixels } from '../../graph/ops/conv/weight-gradient.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { sizeOf } from '../../tensor/tensor.ts';

/** Of fewer images or taps, ONNX Runtime's convolution is as fast. */
const many = 16;

/**
 * Convolutions of many images by computed kernels that hardly move, as gradients of weights are, as
 * matrix products: such a convolution is the gradient of a kernel as large as its result. Several
 * times as fast where the convolution is not blocked.
 */
export const multiplyLargeKernels: Rewrite = ({ operator, attributes }, [x, w, b]) => {
  if (operator.name !== 'Conv' || operator.domain || !x || w?.producer.kind !== 'node' || b) {
    return undefined;
  }
  const { group = 1 } = attributes as ConvAttributes;
  const isStatic = [...x.shape, ...w.shape].every((dim) => typeof dim === 'number');
  if (group > 1 || !isStatic || Number(x.shape[0]) < many) return undefined;
  const windows = convWindows(x, w, attributes);
  const taps = sizeOf(windows.map(({ kernel }) => kernel));
  if (taps <= many || windows.some(({ count, kernel }) => count >= kernel)) return undefined;
  return [channelsFirst(fromPixels(channelsFirst(x), channelsFirst(w), windows.map(exchanged)))];
};
