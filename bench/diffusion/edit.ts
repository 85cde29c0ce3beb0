import { openComponents } from '../../src/diffusion/components.ts';
import { openPipelineFolder } from '../../src/diffusion/pipeline-folder.ts';
import { instructPix2Pix } from '../../src/diffusion/pipelines/instruct-pix2pix.ts';
import { embedNothing, embedPrompt, releaseTextEncoders } from '../../src/diffusion/prompt.ts';
import { graphOf, type Graph } from '../../src/graph/graph.ts';
import { input } from '../../src/graph/value.ts';
import { unet2dCondition } from '../../src/nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../../src/nn/scope.ts';
import { sizeOf, tensor, type Tensor } from '../../src/tensor/tensor.ts';
import type { Case } from '../cases.ts';
import { flopsOf } from '../flops.ts';
import type { Work } from '../work.ts';

const prompt = 'with oil pastel';
const guidance = { guidance: 4.5, imageGuidance: 1.5 };

/** A wave, so that both sides have the same numbers: sin(0), sin(1) and so on. */
function wave(shape: readonly number[]): Tensor<'float32'> {
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)),
  );
}

/** A whole edit, from pictures to pictures; the prompt was encoded before, as for many pictures. */
export async function editWork(
  { folder, batch, precision, size = 0, steps = 0 }: Case,
  threads: number,
): Promise<Work> {
  const components = await openComponents(await openPipelineFolder(folder!), {
    threads,
    precision,
  });
  const { autoencoder, unetConfig } = components;
  const side = size / autoencoder.factor;
  const flops = flopsOf(unetGraph(3 * batch, side));
  const [text, noText] = [await embedPrompt(components, prompt), await embedNothing(components)];
  await releaseTextEncoders(components);
  return {
    flops: steps * flops,
    once: async () => {
      const { data } = await instructPix2Pix(components, {
        images: wave([batch, 3, size, size]),
        text,
        noText,
        steps,
        ...guidance,
        noise: wave,
      });
      return Array.from({ length: 64 }, (_, i) => data[Math.floor((i * data.length) / 64)]);
    },
  };

  function unetGraph(rows: number, latents: number): Graph {
    const output = unet2dCondition(Scope.root(), unetConfig, {
      sample: input('sample', 'float32', [rows, unetConfig.in_channels, latents, latents]),
      timestep: input('timestep', 'float32', [1]),
      text: input('text', 'float32', [
        rows,
        components.textEncoders[0].tokenizer.maxLength,
        unetConfig.cross_attention_dim,
      ]),
    });
    return graphOf({ output });
  }
}
