import { encodeOnnx } from '../../formats/onnx/write.ts';
import { graphOf } from '../../graph/graph.ts';
import { input } from '../../graph/value.ts';
import { once } from '../once.ts';
import { loadOrt } from '../ort.ts';
import { block } from './nchwc-ops.ts';

/** More channels than any processor has in a block, and a multiple of all of them. */
const channels = 64;

/**
 * Channels in a block of the blocked layout: 16 with AVX-512, 8 with AVX, 4 on ARM, 1 where there
 * is none. Found out by looking where ONNX Runtime puts the second pixel of the first channel.
 */
export const nchwcBlockSize = once(measure);

async function measure(): Promise<number> {
  const ort = await loadOrt();
  const x = input('x', 'float32', [1, channels, 1, 2]);
  // A node that moves nothing would be optimised away together with the question.
  const model = encodeOnnx(graphOf({ y: block(x) }));
  try {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
    const data = Float32Array.from({ length: channels * 2 }, (_, i) => i);
    try {
      const { y } = await session.run({ x: new ort.Tensor('float32', data, [1, channels, 1, 2]) });
      return (y.data as Float32Array).indexOf(1);
    } finally {
      await session.release();
    }
  } catch {
    // A build without these operators: every graph runs without them.
    return 1;
  }
}
