import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { StoredTensors } from '../../formats/stored-tensor.ts';
import { input } from '../../graph/value.ts';
import { parseConfig, type RawConfig } from '../../nn/config.ts';
import {
  clipText,
  clipTextConfig,
  clipTextName,
  clipTextWithProjection,
} from '../../nn/models/clip-text.ts';
import {
  autoencoderKlConfig,
  decodeKl,
  encodeKl,
} from '../../nn/models/diffusion/autoencoder-kl.ts';
import { unet2dCondition, unetConfig } from '../../nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../../nn/scope.ts';
import { openSingleFile } from './open.ts';
import { shapeFrom, writeSparse, type ShapesByName } from './testing/sparse-file.ts';

interface Case {
  readonly original: ShapesByName;
  /** What diffusers' own converters give. */
  readonly components: Readonly<Record<string, ShapesByName>>;
  readonly configs: Readonly<Record<string, RawConfig>>;
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/names.json'), 'utf8'),
) as Record<'sd1' | 'sd2' | 'sdxl', Case>;

let folder: string;
let path: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'single-file-test-'));
});
beforeEach(async () => {
  const place = join(folder, String(files++));
  await mkdir(place);
  path = join(place, 'model.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

function shapesOf(tensors: StoredTensors): Record<string, readonly number[]> {
  return Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
}

function parsed(shapes: ShapesByName): Record<string, number[]> {
  return Object.fromEntries(Object.entries(shapes).map(([name, text]) => [name, shapeFrom(text)]));
}

/** What a model of these configurations declares, by component. */
const declared: Readonly<Record<string, (config: RawConfig) => Scope>> = {
  unet: (raw) => {
    const config = parseConfig(unetConfig, raw, 'unet');
    const addition = Number(raw['projection_class_embeddings_input_dim'] ?? 0);
    const scope = Scope.root();
    unet2dCondition(scope, config, {
      sample: input('sample', 'float32', [1, config.in_channels, 16, 16]),
      timestep: input('timestep', 'float32', [1]),
      text: input('text', 'float32', [1, 77, config.cross_attention_dim]),
      ...(addition > 0 && {
        pooledText: input('pooled', 'float32', [1, addition - 6 * 256]),
        timeIds: input('ids', 'float32', [1, 6]),
      }),
    });
    return scope;
  },
  vae: (raw) => {
    const config = parseConfig(autoencoderKlConfig, raw, 'vae');
    const scope = Scope.root();
    const { mean } = encodeKl(scope, config, input('image', 'float32', [1, 3, 32, 32]));
    decodeKl(scope, config, mean);
    return scope;
  },
  text_encoder: (raw) => {
    const scope = Scope.root();
    clipText(scope, parseConfig(clipTextConfig, raw, 'text_encoder'), { ids });
    return scope;
  },
  text_encoder_2: (raw) => {
    const scope = Scope.root();
    clipTextWithProjection(scope, parseConfig(clipTextConfig, raw, 'text_encoder_2'), { ids });
    return scope;
  },
};
const ids = input('ids', 'int64', [1, 77]);

describe.each(Object.entries(cases))('%s', (family, { original, components, configs }) => {
  it("has diffusers' names and shapes, as its own converters give them", async () => {
    await writeSparse(path, original);
    const found = await openSingleFile(path);
    expect(found.family).toBe(family);
    expect([...found.components.keys()].sort()).toEqual(Object.keys(components).sort());
    for (const [name, { tensors }] of found.components) {
      expect(shapesOf(tensors)).toEqual(parsed(components[name]));
    }
  });

  it('tells the configuration that the shapes were made by', async () => {
    await writeSparse(path, original);
    for (const [name, { config }] of (await openSingleFile(path)).components) {
      const { layers_per_block: layers, ...rest } = configs[name];
      expect(config).toMatchObject(rest);
      if (layers !== undefined)
        expect(new Set([config['layers_per_block']].flat())).toEqual(new Set([layers]));
    }
  });

  it('has the tensors that a model of this configuration declares', async () => {
    await writeSparse(path, original);
    for (const [name, { config, tensors }] of (await openSingleFile(path)).components) {
      const { parameters } = declared[name](config).declared;
      const shapes = Object.fromEntries([...parameters].map(([key, { shape }]) => [key, shape]));
      const today = name === 'text_encoder' ? clipTextName : (key: string): string => key;
      const stored = Object.entries(shapesOf(tensors)).map(([key, shape]) => [today(key), shape]);
      expect(Object.fromEntries(stored)).toEqual(shapes);
    }
  });

  it('reads no element to find a place for all but transposed ones', async () => {
    await writeSparse(path, original);
    for (const { tensors } of (await openSingleFile(path)).components.values()) {
      const without = [...tensors].filter(([, { place }]) => !place).map(([name]) => name);
      expect(without.filter((name) => name !== 'text_projection.weight')).toEqual([]);
    }
  });
});

const conv = 'model.diffusion_model.input_blocks.0.0.weight';
const withChannels = (shapes: ShapesByName, channels: number): ShapesByName => ({
  ...shapes,
  [conv]: `64x${channels}x3x3`,
});

test.each<[keyof typeof cases, number, string, string]>([
  ['sd1', 4, 'StableDiffusionPipeline', 'PNDMScheduler'],
  ['sd1', 8, 'StableDiffusionInstructPix2PixPipeline', 'EulerAncestralDiscreteScheduler'],
  ['sd1', 9, 'StableDiffusionInpaintPipeline', 'PNDMScheduler'],
  ['sd2', 9, 'StableDiffusionInpaintPipeline', 'DDIMScheduler'],
  ['sdxl', 4, 'StableDiffusionXLPipeline', 'EulerDiscreteScheduler'],
])('%s of %d channels is a %s with %s', async (family, channels, pipeline, scheduler) => {
  await writeSparse(path, withChannels(cases[family].original, channels));
  const found = await openSingleFile(path);
  expect(found.pipeline).toBe(pipeline);
  expect(found.scheduler['_class_name']).toBe(scheduler);
  expect(found.components.get('unet')!.config['in_channels']).toBe(channels);
  expect(found.components.get('vae')!.config['scaling_factor']).toBe(
    family === 'sdxl' ? 0.13025 : 0.18215,
  );
});

describe('what the network predicts', () => {
  const prediction = async (
    family: keyof typeof cases,
    more: ShapesByName = {},
  ): Promise<unknown> => {
    await writeSparse(path, { ...cases[family].original, ...more });
    const found = await openSingleFile(path);
    expect(found.scheduler['prediction_type']).toBe(found.prediction.type);
    return found.prediction;
  };

  it('is what the family does, without anything better', async () => {
    expect(await prediction('sd1')).toEqual({ type: 'epsilon', by: 'family' });
    expect(await prediction('sdxl')).toEqual({ type: 'epsilon', by: 'family' });
    expect(await prediction('sd2')).toEqual({ type: 'v_prediction', by: 'family' });
    expect(await prediction('sd2', { [conv]: '64x9x3x3' })).toEqual({
      type: 'epsilon',
      by: 'family',
    });
  });

  it('is what the configuration beside the file says', async () => {
    const yaml = path.replace('.safetensors', '.yaml');
    await writeFile(yaml, 'model:\n  params:\n    parameterization: "v"\n');
    expect(await prediction('sd1')).toEqual({ type: 'v_prediction', by: 'sidecar' });
    await writeFile(yaml, 'model:\n  params:\n    linear_start: 0.00085\n');
    expect(await prediction('sd2')).toEqual({ type: 'epsilon', by: 'sidecar' });
  });

  it('is what marks in the file say', async () => {
    expect(await prediction('sdxl', { v_pred: '' })).toEqual({ type: 'v_prediction', by: 'file' });
    await prediction('sdxl', { v_pred: '', ztsnr: '' });
    expect((await openSingleFile(path)).scheduler).toMatchObject({
      rescale_betas_zero_snr: true,
      timestep_spacing: 'trailing',
    });
  });
});

test('what is missing is listed, and a tokenizer beside the file is not', async () => {
  const { original } = cases.sdxl;
  const names = Object.entries(original).filter(([name]) => name.startsWith('model.'));
  await writeSparse(path, Object.fromEntries(names));
  expect((await openSingleFile(path)).missing).toEqual([
    'vae',
    'text_encoder',
    'text_encoder_2',
    'tokenizer',
    'tokenizer_2',
  ]);
  await writeSparse(path, original);
  await mkdir(join(path, '../tokenizer'));
  expect((await openSingleFile(path)).missing).toEqual(['tokenizer_2']);
});

test('running averages and constants of the diffusion are left out', async () => {
  const { original, components } = cases.sd1;
  await writeSparse(path, {
    ...original,
    'model_ema.diffusion_modelinput_blocks00weight': '64x4x3x3',
    'first_stage_model.loss.logvar': '',
    alphas_cumprod: '1000',
  });
  const { components: found } = await openSingleFile(path);
  expect(shapesOf(found.get('unet')!.tensors)).toEqual(parsed(components['unet']));
  expect(shapesOf(found.get('vae')!.tensors)).toEqual(parsed(components['vae']));
});

describe('refuses', () => {
  const { original } = cases.sd1;
  const unet = 'model.diffusion_model';
  it.each<[string, ShapesByName, string, RegExp]>([
    ['another kind of file', { w: '1' }, 'data', /no tensor below "model\.diffusion_model\."/],
    [
      'a diffusion transformer',
      { [`${unet}.double_blocks.0.img_attn.qkv.weight`]: '3x1' },
      'unsupported',
      /is a diffusion transformer, which is not supported \(valid: Stable Diffusion 1, /,
    ],
    ['a ControlNet', { ...original, 'control_model.w': '1' }, 'unsupported', /is a ControlNet/],
    [
      'five channels',
      withChannels(original, 5),
      'unsupported',
      /no pipeline of Stable Diffusion 1 for a U-Net of 5 input channels \(valid: 4, 8, 9\)/,
    ],
    [
      'tensors of no known place',
      { ...original, [`${unet}.adapter.weight`]: '1' },
      'unsupported',
      /\(unet\) has tensors of no known place: "model\.diffusion_model\.adapter\.weight"$/,
    ],
    [
      'blocks that are not mirrored',
      Object.fromEntries(
        Object.entries(original).filter(([name]) => !name.includes('output_blocks.3')),
      ),
      'unsupported',
      /\(unet\) has other numbers of layers on its way up/,
    ],
    [
      'a U-Net without a middle',
      Object.fromEntries(
        Object.entries(original).filter(([name]) => !name.includes('middle_block')),
      ),
      'corrupt',
      /\(unet\) has no tensor "mid_block\.attentions\.0\.proj_in\.weight"/,
    ],
    [
      'joined attention of no three parts',
      {
        ...cases.sd2.original,
        'cond_stage_model.model.transformer.resblocks.0.attn.in_proj_bias': '64',
      },
      'corrupt',
      /in_proj_bias has shape \[64\]/,
    ],
  ])('%s', async (_, shapes, code, message) => {
    await writeSparse(path, shapes);
    await expect(openSingleFile(path)).rejects.toMatchObject({ code });
    await expect(openSingleFile(path)).rejects.toThrow(message);
  });
});
