import { tensor, type Tensor } from '../../tensor/tensor.ts';

/** Weights as integers: w = scale q. */
export interface Int8Weights {
  /** [K, O]: for each tap of the kernel, each channel that it sees. */
  readonly q: Tensor<'int8'>;
  /** [O] */
  readonly scale: Tensor<'float32'>;
}

/** Outputs that are written side by side: their weights lie far apart. */
const tile = 32;

/**
 * Weights [O, C, ...taps] rounded to integers of at most `most`, with a scale for each output, as
 * the right-hand side of a product with rows of taps x C.
 */
export function quantiseWeights(
  { data, shape: [outputs, channels] }: Tensor<'float32'>,
  most: number,
): Int8Weights {
  const taps = data.length / (outputs * channels);
  const row = channels * taps;
  const q = new Int8Array(data.length);
  const scale = new Float32Array(outputs);
  const inverse = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let largest = 0;
    for (let i = o * row; i < (o + 1) * row; i++) largest = Math.max(largest, Math.abs(data[i]));
    scale[o] = largest / most;
    inverse[o] = largest === 0 ? 0 : most / largest;
  }
  for (let first = 0; first < outputs; first += tile) {
    const end = Math.min(outputs, first + tile);
    for (let c = 0; c < channels; c++) {
      for (let t = 0; t < taps; t++) {
        const place = (t * channels + c) * outputs;
        const from = c * taps + t;
        for (let o = first; o < end; o++) {
          q[place + o] = Math.round(data[o * row + from] * inverse[o]);
        }
      }
    }
  }
  return {
    q: tensor('int8', [row, outputs], q),
    scale: tensor('float32', [outputs], scale),
  };
}
