import { z } from 'zod';
import { openComponents, type Components } from '../../../src/diffusion/components.ts';
import { imagesOf, pixelsOf, unitPixels } from '../../../src/diffusion/image-processor.ts';
import { joinBatches, repeatBatch } from '../../../src/diffusion/latents.ts';
import { openPipelineFolder } from '../../../src/diffusion/pipeline-folder.ts';
import { imageToImage } from '../../../src/diffusion/pipelines/image-to-image.ts';
import { inpaint } from '../../../src/diffusion/pipelines/inpaint.ts';
import { instructPix2Pix } from '../../../src/diffusion/pipelines/instruct-pix2pix.ts';
import type { TextRun } from '../../../src/diffusion/pipelines/text-run.ts';
import { textToImage } from '../../../src/diffusion/pipelines/text-to-image.ts';
import { embedNothing, embedPrompt } from '../../../src/diffusion/prompt.ts';
import { joinTexts, type TextStates } from '../../../src/diffusion/text-states.ts';
import type { NoiseSource } from '../../../src/diffusion/sample.ts';
import { schedulerFrom } from '../../../src/diffusion/schedulers/registry.ts';
import { readImage } from '../../../src/platform/images.ts';
import type { RgbImage } from '../../../src/tensor/image.ts';
import { float32, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { Recorder } from './unet-calls.ts';
import { fitted, maskOf } from '../image-processor.ts';

/** A run of a case. One that says more than this is not understood, and fails. */
const runSchema = z.strictObject({
  pipeline: z.string(),
  about: z.string().optional(),
  seeds: z.array(z.number()),
  scheduler: z.string(),
  arguments: z.strictObject({
    prompt: z.union([z.string(), z.array(z.string())]),
    negative_prompt: z.union([z.string(), z.array(z.string())]).optional(),
    num_inference_steps: z.number().int(),
    guidance_scale: z.number().default(7.5),
    image_guidance_scale: z.number().default(1.5),
    strength: z.number().optional(),
    height: z.number().int().optional(),
    width: z.number().int().optional(),
  }),
  image: z.string().optional(),
  mask_image: z.string().optional(),
  noise_drawn_by: z.array(z.string()),
  clamped_fraction: z.number().optional(),
  png_tolerance: z.string().optional(),
});

/** A run's arguments as the pipelines take them. */
interface Given {
  readonly components: Components;
  readonly run: TextRun;
  readonly arguments: z.output<typeof runSchema>['arguments'];
  /** Whether each picture has a generator of its own. */
  readonly generators: boolean;
  readonly images: () => Promise<Tensor<'float32'>>;
  readonly mask: () => Promise<Tensor<'float32'>>;
}

type Run = (given: Given) => Promise<Tensor<'float32'>>;

const textToImageRun: Run = ({ components, run, arguments: { height, width } }) => {
  if (!height || !width) throw new Error('a run without height and width');
  return textToImage(components, { ...run, height, width });
};

/** @param strength diffusers' default. */
const imageToImageRun =
  (strength: number): Run =>
  async ({ components, run, arguments: given, ...more }) => {
    const image = await more.images();
    // Each generator draws a sample of the same image.
    const images = more.generators ? repeatBatch(image, run.text.states.shape[0]) : image;
    return imageToImage(components, { ...run, strength: given.strength ?? strength, images });
  };

const inpaintRun: Run = async ({ components, run, arguments: given, images, mask }) =>
  inpaint(components, {
    ...run,
    strength: given.strength ?? 1,
    images: await images(),
    mask: await mask(),
  });

const instructRun: Run = async ({ components, run, arguments: given, images }) =>
  instructPix2Pix(components, {
    ...run,
    imageGuidance: given.image_guidance_scale,
    images: await images(),
  });

/** Pipelines by the name of their class in diffusers. */
const pipelines: Readonly<Record<string, Run>> = {
  StableDiffusionPipeline: textToImageRun,
  StableDiffusionImg2ImgPipeline: imageToImageRun(0.8),
  StableDiffusionInpaintPipeline: inpaintRun,
  StableDiffusionInstructPix2PixPipeline: instructRun,
  StableDiffusionXLPipeline: textToImageRun,
  StableDiffusionXLImg2ImgPipeline: imageToImageRun(0.3),
  StableDiffusionXLInpaintPipeline: inpaintRun,
  StableDiffusionXLInstructPix2PixPipeline: instructRun,
};

/** Everything recorded of every run: prompts' states, calls of the U-Net, latents, pictures. */
export async function check(golden: GoldenCase): Promise<void> {
  const base = await openComponents(await openPipelineFolder(golden.dir));
  for (const [name, raw] of Object.entries(golden.info['runs'] as object)) {
    const run = runSchema.parse(raw);
    const pipeline = pipelines[run.pipeline];
    if (!pipeline) throw new Error(`no check knows ${run.pipeline}`);
    const config = golden.json<Record<string, unknown>>(`${run.scheduler}/scheduler_config.json`);
    const recorder = new Recorder(base.unet);
    const components = {
      ...base,
      unet: recorder,
      scheduler: schedulerFrom(config, run.scheduler),
    };
    const prompts = [run.arguments.prompt].flat();
    const embed = async (texts: readonly string[]): Promise<TextStates> =>
      joinTexts(await Promise.all(texts.map((text) => embedPrompt(components, text))));
    const replay = new Replay(golden, name);
    const decoded = await pipeline({
      components,
      arguments: run.arguments,
      run: {
        text: await embed(prompts),
        noText:
          run.arguments.negative_prompt === undefined
            ? await embedNothing(components)
            : await embed([run.arguments.negative_prompt].flat()),
        steps: run.arguments.num_inference_steps,
        guidance: run.arguments.guidance_scale,
        noise: replay.noise,
        onStep: (step, latents) => compareStep(golden, `${name}.step${step}`, latents, recorder),
      },
      generators: run.seeds.length > 1,
      images: async () =>
        pixelsOf([await readFitted(golden, run.image, components, run.arguments)]),
      mask: async () => maskOf(await readFitted(golden, run.mask_image, components, run.arguments)),
    });
    golden.same(`${name}: draws of noise`, replay.drawn, run.noise_drawn_by.length);
    golden.compare(`${name}.timesteps`, float32([recorder.timesteps.length], recorder.timesteps));
    golden.compare(`${name}.encoder_hidden_states`, recorder.firstTexts);
    if (golden.tensors().has(`${name}.decoded`)) golden.compare(`${name}.decoded`, decoded);
    golden.compare(`${name}.images`, unitPixels(decoded));
    for (const [i, image] of imagesOf(decoded).entries()) {
      const expected = await readImage(golden.path(`${name}.out${i}.png`));
      golden.same(`${name}.out${i}.png within one level`, farthest(image, expected) <= 1, true);
    }
  }
}

/** The latents after a step, and where it is recorded, what went into the U-Net and came out. */
function compareStep(
  golden: GoldenCase,
  step: string,
  latents: Tensor<'float32'>,
  recorder: Recorder,
): void {
  const { input, output } = recorder.last;
  const recorded = golden.tensors();
  if (recorded.has(`${step}.latents`)) golden.compare(`${step}.latents`, latents);
  if (recorded.has(`${step}.unet_in`)) golden.compare(`${step}.unet_in`, input);
  if (recorded.has(`${step}.unet_out`)) golden.compare(`${step}.unet_out`, output);
}

/** Noise as it was drawn, in order. */
class Replay {
  readonly #next: () => Tensor<'float32'>;
  drawn = 0;

  constructor(golden: GoldenCase, run: string) {
    this.#next = () => golden.tensor(`${run}.noise.${this.drawn++}`) as Tensor<'float32'>;
  }

  /** Generators of their own for each picture may have drawn one after the other. */
  readonly noise: NoiseSource = ([batch]) => {
    const parts = [this.#next()];
    while (parts.reduce((sum, { shape }) => sum + shape[0], 0) < batch) parts.push(this.#next());
    return joinBatches(parts);
  };
}

/** A picture of the case at the run's size, or at the multiple of the autoencoder's factor below its own. */
async function readFitted(
  golden: GoldenCase,
  file: string | undefined,
  { autoencoder }: Components,
  { height, width }: z.output<typeof runSchema>['arguments'],
): Promise<RgbImage> {
  if (!file) throw new Error('the run has no picture');
  const image = await readImage(golden.path(file));
  return fitted(image, autoencoder.factor, height && width ? { height, width } : image);
}

/** The largest difference in grey levels. */
function farthest(image: RgbImage, expected: RgbImage): number {
  if (image.width !== expected.width || image.height !== expected.height) return Infinity;
  return image.data.reduce(
    (most, level, i) => Math.max(most, Math.abs(level - expected.data[i])),
    0,
  );
}
