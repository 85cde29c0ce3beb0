import { encodeOnnx } from '../../formats/onnx/write.ts';
import { graphOf } from '../../graph/graph.ts';
import { input } from '../../graph/value.ts';
import { tensor, type Tensor } from '../../tensor/tensor.ts';
import { once } from '../once.ts';
import { loadOrt } from '../ort.ts';
import { integerProduct, quantisedNames } from './integer-ops.ts';

/**
 * Largest integer that weights are rounded to: 127, or 63 on processors that add products of two
 * pairs of 8-bit integers in 16 bits, where larger ones overflow (x86 without VNNI). Found out by
 * trying.
 */
export const largestWeight = once(measure);

/** As long as the vectors of any processor. */
const length = 64;

async function measure(): Promise<number> {
  const ort = await loadOrt();
  const q = input('q', 'uint8', [1, length]);
  const [scale, zero] = [input('scale', 'float32', []), input('zero', 'uint8', [])];
  const names = quantisedNames('w');
  const weights = new Int8Array(length * length).fill(127);
  const model = encodeOnnx(graphOf({ y: integerProduct({ q, scale, zero }, 'w', length) }), {
    parameters: new Map<string, Tensor>([
      [names.q, tensor('int8', [length, length], weights)],
      [names.scale, tensor('float32', [length], new Float32Array(length).fill(1))],
    ]),
  });
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  try {
    const { y } = await session.run({
      q: new ort.Tensor('uint8', new Uint8Array(length).fill(255), [1, length]),
      scale: new ort.Tensor('float32', [1], []),
      zero: new ort.Tensor('uint8', [0], []),
    });
    return (y.data as Float32Array)[0] === 255 * 127 * length ? 127 : 63;
  } finally {
    await session.release();
  }
}
