import { convolutions, type ConvAttributes } from '../../graph/ops/conv/ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { apply } from '../../graph/value.ts';

/**
 * Convolutions of 6, 9, 15, 18 ... channels get channels of zeros up to a multiple of four. ONNX
 * Runtime 1.30 reads such pixels on WebGPU in threes, and computes something else.
 */
export const readInQuads: Rewrite = ({ operator, attributes }, [x, w, b]) => {
  if (operator.name !== 'Conv' || operator.domain || !x || !w) return undefined;
  const { group = 1 } = attributes as ConvAttributes;
  const channels = Number(x.shape[1]);
  if (group > 1 || channels === 3 || channels % 3 !== 0 || channels % 4 === 0) return undefined;
  const missing = { 1: [0, 4 - (channels % 4)] } as const;
  return apply(convolutions.Conv, [pad(x, missing), pad(w, missing), b], attributes);
};
