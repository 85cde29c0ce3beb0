import { openComponents } from '../../../src/diffusion/components.ts';
import type { Latents } from '../../../src/diffusion/latents.ts';
import { embedPrompt, instructPix2Pix } from '../../../src/diffusion/pipelines/instruct-pix2pix.ts';
import { schedulerFrom } from '../../../src/diffusion/schedulers/registry.ts';
import { resizeImage } from '../../../src/data/resize.ts';
import { readImage } from '../../../src/platform/images.ts';
import type { RgbImage } from '../../../src/tensor/image.ts';
import { tensor, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';

interface Run {
  readonly scheduler: string;
  readonly image: string;
  readonly arguments: {
    readonly prompt: string | readonly string[];
    readonly negative_prompt?: string;
    readonly num_inference_steps: number;
    readonly guidance_scale: number;
    readonly image_guidance_scale: number;
  };
}

/** Latents of every step and the final pictures of every run, with the noise replayed. */
export async function check(golden: GoldenCase): Promise<void> {
  const base = await openComponents(golden.dir);
  for (const [name, run] of Object.entries(golden.info['runs'] as Record<string, Run>)) {
    const config = golden.json<Record<string, unknown>>(`${run.scheduler}/scheduler_config.json`);
    const components = { ...base, scheduler: schedulerFrom(config, run.scheduler) };
    const prompts = [run.arguments.prompt].flat();
    const texts = await Promise.all(prompts.map((prompt) => embedPrompt(components, prompt)));
    const images = await readInput(golden.path(run.image), components.autoencoder.factor);
    let draw = 0;
    const edited = await instructPix2Pix(components, {
      images: repeat(images, prompts.length),
      text: stacked(texts),
      noText: await embedPrompt(components, run.arguments.negative_prompt ?? ''),
      steps: run.arguments.num_inference_steps,
      guidance: run.arguments.guidance_scale,
      imageGuidance: run.arguments.image_guidance_scale,
      noise: () => golden.tensor(`${name}.noise.${draw++}`) as Latents,
      onStep: (step, latents) => {
        if (golden.tensors().has(`${name}.step${step}.latents`)) {
          golden.compare(`${name}.step${step}.latents`, latents);
        }
      },
    });
    for (let i = 0; i < prompts.length; i++) {
      const expected = await readImage(golden.path(`${name}.out${i}.png`));
      golden.same(`${name}.out${i}.png within one level`, farthest(edited, i, expected) <= 1, true);
    }
  }
}

/** The picture in [-1, 1], its sides reduced to multiples of `factor` as VaeImageProcessor does. */
async function readInput(path: string, factor: number): Promise<Tensor<'float32'>> {
  const image = await readImage(path);
  const [width, height] = [image.width, image.height].map((n) => n - (n % factor));
  const { data } = resizeImage(image, width, height, 'lanczos');
  const area = width * height;
  const values = new Float32Array(3 * area);
  for (let i = 0; i < 3 * area; i++)
    values[(i % 3) * area + Math.floor(i / 3)] = data[i] / 127.5 - 1;
  return tensor('float32', [1, 3, height, width], values);
}

function repeat(t: Tensor<'float32'>, times: number): Tensor<'float32'> {
  return stacked(Array.from({ length: times }, () => t));
}

function stacked(parts: readonly Tensor<'float32'>[]): Tensor<'float32'> {
  const size = parts[0].data.length;
  const data = new Float32Array(parts.length * size);
  parts.forEach((part, i) => data.set(part.data, i * size));
  return tensor('float32', [parts.length, ...parts[0].shape.slice(1)], data);
}

/** The largest difference in grey levels. */
function farthest(edited: Latents, index: number, expected: RgbImage): number {
  const area = expected.width * expected.height;
  let largest = 0;
  for (let i = 0; i < 3 * area; i++) {
    const value = edited.data[index * 3 * area + (i % 3) * area + Math.floor(i / 3)];
    const level = Math.round(Math.min(1, Math.max(0, value / 2 + 0.5)) * 255);
    largest = Math.max(largest, Math.abs(level - expected.data[i]));
  }
  return largest;
}
