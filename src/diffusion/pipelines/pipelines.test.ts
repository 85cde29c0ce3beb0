import { describe, expect, it } from 'vitest';
import { unetConfig } from '../../nn/models/diffusion/unet-2d-condition.ts';
import type { Tensors } from '../../runtime/session.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import type { Components } from '../components.ts';
import { joinBatches, type Latents } from '../latents.ts';
import type { TextStates } from '../text-states.ts';
import { schedulerFrom } from '../schedulers/registry.ts';
import { imageToImage } from './image-to-image.ts';
import { inpaint } from './inpaint.ts';
import { instructPix2Pix } from './instruct-pix2pix.ts';
import { textToImage } from './text-to-image.ts';

const filled = (shape: readonly number[], value: number): Tensor<'float32'> =>
  float32(shape, new Float32Array(sizeOf(shape)).fill(value));

interface Options {
  /** Channels of the network's input; latents have one. */
  readonly channels?: number;
  /** Logarithm of the variance of latents; without it they are points. */
  readonly logvar?: number;
  readonly distilled?: boolean;
  readonly scheduler?: object;
}

/**
 * Parts that are easy to see through: a latent is half a pixel of a grey picture, a text is one number,
 * and the network says at once that the sample is the number of its text everywhere.
 */
function partsOf(options: Options = {}): { components: Components; calls: Tensors[] } {
  const calls: Tensors[] = [];
  const part = (run: (inputs: Tensors) => Tensors): Components['unet'] => ({
    run: (_, inputs) => Promise.resolve(run(inputs)),
    dispose: () => Promise.resolve(),
  });
  const components = {
    scheduler: schedulerFrom(
      {
        _class_name: 'DDIMScheduler',
        prediction_type: 'sample',
        clip_sample: false,
        ...options.scheduler,
      },
      'scheduler_config.json',
    ),
    autoencoder: { factor: 2, channels: 1, scaling: 0.5 },
    unetConfig: unetConfig.parse({
      in_channels: options.channels ?? 1,
      out_channels: 1,
      block_out_channels: [4],
      down_block_types: ['DownBlock2D'],
      up_block_types: ['UpBlock2D'],
      ...(options.distilled ? { time_cond_proj_dim: 6 } : {}),
    }),
    encoder: part(({ image }) => {
      const [batch, , height, width] = image.shape;
      const shape = [batch, 1, height / 2, width / 2];
      const mean = float32(shape, (image.data as Float32Array).subarray(0, sizeOf(shape)));
      return {
        mean,
        ...(options.logvar === undefined ? {} : { logvar: filled(shape, options.logvar) }),
      };
    }),
    decoder: part(({ latents }) => ({ image: latents })),
    unet: part((inputs) => {
      calls.push(inputs);
      const [, , height, width] = inputs['sample'].shape;
      const texts = [...(inputs['text'].data as Float32Array)];
      return { output: joinBatches(texts.map((value) => filled([1, 1, height, width], value))) };
    }),
  } as Partial<Components> as Components;
  return { components, calls };
}

/** Noise of one size everywhere, the shapes of its draws written down. */
function constantNoise(value = 0.25): {
  noise: (shape: readonly number[]) => Latents;
  draws: string[];
} {
  const draws: string[] = [];
  return {
    draws,
    noise: (shape) => {
      draws.push(shape.join('x'));
      return filled(shape, value);
    },
  };
}

const text = (value: number, batch = 1): TextStates => ({ states: filled([batch, 1, 1], value) });
const times = (calls: readonly Tensors[]): number[] =>
  calls.map(({ timestep }) => Number(timestep.data[0]));
const grey = filled([1, 3, 4, 4], 0.5);

describe('text to image', () => {
  const size = { height: 4, width: 6, steps: 4 };

  it('ends at what the network says, in the pictures of the decoder', async () => {
    const { components } = partsOf();
    const { noise, draws } = constantNoise();
    const image = await textToImage(components, { ...size, text: text(0.3), guidance: 1, noise });
    expect(image.shape).toEqual([1, 1, 2, 3]);
    image.data.forEach((value) => expect(value).toBeCloseTo(0.6, 5));
    expect(draws).toEqual(['1x1x2x3']);
  });

  it('goes beyond the text, away from the other, by the strength of guidance', async () => {
    const { components, calls } = partsOf();
    const run = { ...size, text: text(0.3), noText: text(0.1), guidance: 3, ...constantNoise() };
    const image = await textToImage(components, run);
    expect(image.data[0]).toBeCloseTo(2 * (0.1 + 3 * 0.2), 5);
    expect(calls.map(({ sample }) => sample.shape[0])).toEqual([2, 2, 2, 2]);
    expect(await textToImage(components, { ...run, guidance: 1 })).toMatchObject({
      shape: [1, 1, 2, 3],
    });
    expect(calls).toHaveLength(8);
  });

  it('tells a distilled network how strong the guidance is, instead of guiding it', async () => {
    const { components, calls } = partsOf({ distilled: true });
    const run = { ...size, text: text(0.3, 2), noText: text(0.1), guidance: 3, ...constantNoise() };
    const image = await textToImage(components, run);
    expect(image.data[0]).toBeCloseTo(0.6, 5);
    expect(calls.map(({ guidance }) => guidance.shape)).toEqual(Array(4).fill([2, 6]));
  });

  it('refuses sides that no latents have', async () => {
    const run = { height: 5, width: 6, steps: 4, text: text(0), guidance: 1, ...constantNoise() };
    await expect(textToImage(partsOf().components, run)).rejects.toThrow(
      '6x5 pixels (valid: multiples of 2)',
    );
  });

  it('stops when it is told to', async () => {
    const { components, calls } = partsOf();
    const stop = new AbortController();
    const run = { ...size, text: text(0), guidance: 1, ...constantNoise() };
    const onStep = (step: number): void => {
      if (step === 1) stop.abort();
    };
    await expect(
      textToImage(components, { ...run, onStep, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'interrupted' });
    expect(calls).toHaveLength(2);
  });

  it.each([
    { _class_name: 'HeunDiscreteScheduler', calls: 7 },
    { _class_name: 'DPMSolverMultistepScheduler', calls: 4 },
    { _class_name: 'UniPCMultistepScheduler', calls: 4 },
    { _class_name: 'EulerAncestralDiscreteScheduler', calls: 4 },
  ])('runs with $_class_name', async ({ _class_name, calls: count }) => {
    const { components, calls } = partsOf({ scheduler: { _class_name } });
    const run = { ...size, text: text(0.3), guidance: 1, ...constantNoise() };
    const image = await textToImage(components, run);
    image.data.forEach((value) => expect(value).toBeCloseTo(0.6, 4));
    expect(calls).toHaveLength(count);
  });
});

describe('image to image', () => {
  const run = { images: grey, text: text(0.3), guidance: 1, steps: 10 };

  it('takes the last steps, from the image under the noise of the first of them', async () => {
    const whole = partsOf();
    await imageToImage(whole.components, { ...run, strength: 1, ...constantNoise() });
    const part = partsOf();
    const { noise, draws } = constantNoise(0);
    await imageToImage(part.components, { ...run, strength: 0.35, noise });
    expect(times(part.calls)).toEqual(times(whole.calls).slice(7));
    // Without noise the image only fades: its latents are 0.5 * 0.5.
    const [first] = part.calls[0]['sample'].data as Float32Array;
    expect(first).toBeGreaterThan(0.2);
    expect(first).toBeLessThan(0.25);
    expect(draws).toEqual(['1x1x2x2']);
  });

  it('draws a sample of the latents before the noise of the way', async () => {
    const { components, calls } = partsOf({ logvar: Math.log(4) });
    const noises = [filled([1, 1, 2, 2], 0.25), filled([2, 1, 2, 2], 0)];
    let draw = 0;
    await imageToImage(components, {
      ...run,
      text: text(0.3, 2),
      strength: 0.1,
      noise: () => noises[draw++],
    });
    expect(draw).toBe(2);
    // (0.5 + 2 * 0.25) * 0.5, hardly faded in the last step; for either prompt.
    const { data, shape } = calls[0]['sample'] as Latents;
    expect(shape).toEqual([2, 1, 2, 2]);
    data.forEach((value) => expect(value).toBeCloseTo(0.5, 2));
  });

  it.each([0, 0.05, 1.5, NaN])('refuses a strength of %d', async (strength) => {
    await expect(
      imageToImage(partsOf().components, { ...run, strength, ...constantNoise() }),
    ).rejects.toThrow('(valid: 1/10 to 1)');
  });
});

describe('inpainting', () => {
  /** The right half. */
  const mask = float32(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, (_, i) => (i % 4 >= 2 ? 1 : 0)),
  );
  const run = { images: grey, mask, text: text(0.3), guidance: 1, steps: 4, strength: 1 };

  it('leaves the image outside the mask as it was, whatever the network makes of it', async () => {
    const { components } = partsOf({ logvar: -30 });
    const { noise, draws } = constantNoise();
    const { data } = await inpaint(components, { ...run, noise });
    [0.5, 0.6, 0.5, 0.6].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 5));
    expect(draws).toEqual(['1x1x2x2', '1x1x2x2', '1x1x2x2']);
  });

  it('shows the mask and the rest of the image to a network made for it', async () => {
    const { components, calls } = partsOf({ channels: 3, logvar: -30 });
    const { noise, draws } = constantNoise();
    const { data } = await inpaint(components, { ...run, noise });
    data.forEach((value) => expect(value).toBeCloseTo(0.6, 5));
    for (const { sample } of calls) {
      const [, ...channels] = [0, 4, 8].map((at) => [
        ...(sample as Latents).data.subarray(at, at + 4),
      ]);
      expect(channels[0]).toEqual([0, 1, 0, 1]);
      // The encoder here reads the first pixels, which are outside the mask, then inside it.
      channels[1].forEach((value, i) => expect(value).toBeCloseTo([0.25, 0.25, 0, 0][i], 5));
    }
    expect(draws).toEqual(['1x1x2x2', '1x1x2x2']);
  });

  it('starts from the image where not all of the way is gone', async () => {
    const { components, calls } = partsOf({ channels: 3, logvar: -30 });
    const { noise, draws } = constantNoise();
    await inpaint(components, { ...run, strength: 0.5, noise });
    expect(calls).toHaveLength(2);
    expect(draws).toHaveLength(3);
  });

  it('refuses networks of other inputs', async () => {
    const { components } = partsOf({ channels: 2 });
    await expect(inpaint(components, { ...run, ...constantNoise() })).rejects.toThrow(
      'a U-Net of 2 input channels (valid: 1, 3)',
    );
  });
});

describe('InstructPix2Pix', () => {
  const run = { images: grey, text: text(0.3), noText: text(0.1), steps: 3 };

  it('shows the unscaled image to the network, and guides by both', async () => {
    const { components, calls } = partsOf({ channels: 2, logvar: 0 });
    const { noise, draws } = constantNoise();
    const guided = { ...run, guidance: 3, imageGuidance: 1.5, noise };
    const { data } = await instructPix2Pix(components, guided);
    // The network heeds the text alone, so that guidance by the image changes nothing.
    data.forEach((value) => expect(value).toBeCloseTo(2 * (0.1 + 3 * 0.2), 5));
    expect(calls).toHaveLength(3);
    const { data: seen } = calls[0]['sample'] as Latents;
    expect([4, 12, 20].map((i) => seen[i])).toEqual([0.5, 0.5, 0]);
    expect(draws).toEqual(['1x1x2x2']);
  });

  it.each([
    { guidance: 1, imageGuidance: 1.5 },
    { guidance: 3, imageGuidance: 0.9 },
  ])('is not guided at %j', async (strengths) => {
    const { components, calls } = partsOf({ channels: 2 });
    const { data } = await instructPix2Pix(components, {
      ...run,
      ...strengths,
      ...constantNoise(),
    });
    expect(data[0]).toBeCloseTo(0.6, 5);
    expect(calls).toHaveLength(3);
  });
});
