import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { toNumbers } from '../tensor/tensor.ts';
import { readCheckpoint, type ModelCheckpoint } from './checkpoint.ts';
import type { Manifest } from './manifest.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { Predictor } from './predictor.ts';
import { readWeightsFile } from './weights-checkpoint.ts';
import { writeBundle } from './write.ts';

const fixtures = join(import.meta.dirname, '../nn/bare/fixtures');
const at = (file: string): string => join(fixtures, file);

const picture: RgbImage = {
  width: 21,
  height: 17,
  data: Uint8Array.from({ length: 21 * 17 * 3 }, (_, i) => (i * 37) % 256),
};

async function logitsOf(checkpoint: ModelCheckpoint): Promise<number[]> {
  const predictor = await Predictor.create(checkpoint);
  const logits = await predictor.logits([picture]);
  await predictor.dispose();
  return toNumbers(logits);
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const manifest: Manifest = {
  format: 1,
  modellock: '0.0.0',
  task: 'classification',
  labels: ['a', 'b', 'c'],
  base: { reference: 'x', name: 'x', version: null, hash: '0'.repeat(64) },
  lock: null,
  training: { seed: 0, images: 0, epochs: 0 },
  measured: null,
};

describe('readWeightsFile', () => {
  it.each([
    ['timm-vit.safetensors', { heads: 2, size: 24 }],
    ['deit-distilled.pth', { heads: 2 }],
    ['mae-finetuned.pth', { heads: 2 }],
    ['cifar-padded.th', {}],
    ['cifar-projected.pth', { size: 16 }],
  ])('%s becomes a bundle that predicts the same', async (file, options) => {
    const labels = ['a', 'b', 'c'];
    const read = await readWeightsFile(at(file), { ...options, labels });
    expect(read.network.labels).toEqual(labels);
    const { config, weights, preprocessorJson, preprocessor } = read;
    const { channels, size } = preprocessor;
    const out = join(folder, 'bundle');
    await writeBundle(out, { config, weights, preprocessorJson, channels, size, manifest });
    const again = await readCheckpoint(out);
    expect(await logitsOf(again)).toEqual(await logitsOf(read));
    expect(again.network.labels).toEqual(labels);
  });

  it('says what it assumes, and nothing of what it is told', async () => {
    const { notes } = await readWeightsFile(at('cifar-projected.pth'));
    expect(notes).toEqual([
      'cifar-projected.pth is taken for a ResNet for CIFAR; assumed: pictures of 32 x 32 (--input-size), colours less 0.485, 0.456, 0.406 over 0.229, 0.224, 0.225 (--mean, --std)',
    ]);
    const normalisation = { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
    const told = await readWeightsFile(at('cifar-projected.pth'), { normalisation, size: 16 });
    expect(told.notes).toEqual([]);
    expect(told.preprocessor.size).toEqual({ height: 16, width: 16 });
    expect(told.preprocessorJson).toMatchObject({ image_mean: [0.5, 0.5, 0.5] });
  });

  it('refuses names that are too many, and to predict without a last layer', async () => {
    await expect(readWeightsFile(at('cifar-padded.th'), { labels: ['a'] })).rejects.toThrow(
      'cifar-padded.th has 3 classes, not 1',
    );
    const pretrained = await readWeightsFile(at('mae-pretrained.pth'), { heads: 2 });
    await expect(Predictor.create(pretrained)).rejects.toThrow(
      'mae-pretrained.pth was pretrained without classes: it has no last layer yet (valid: train',
    );
  });

  it('sees squares', async () => {
    const wide = { width: 32, height: 16 };
    await expect(readWeightsFile(at('cifar-padded.th'), { size: wide })).rejects.toThrow(
      'cifar-padded.th sees squares, not 32x16',
    );
    const square = await readWeightsFile(at('cifar-padded.th'), {
      size: { width: 16, height: 16 },
    });
    expect(square.preprocessor.size).toEqual({ width: 16, height: 16 });
  });

  it('is identified by its bytes and by what was said of it', async () => {
    const copy = join(folder, 'other.pth');
    await cp(at('cifar-projected.pth'), copy);
    const hashOf = async (path: string, size?: number): Promise<string> =>
      (await openCheckpoint(path, { modelOptions: { size } })).identity.hash;
    const hash = await hashOf(copy);
    expect(await hashOf(at('cifar-projected.pth'))).toBe(hash);
    expect(await hashOf(copy, 16)).not.toBe(hash);
  });
});

describe('a folder of timm', () => {
  const write = async (config: object): Promise<void> => {
    await cp(at('timm-vit.safetensors'), join(folder, 'model.safetensors'));
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  };
  const config = {
    architecture: 'vit_tiny_patch4_16',
    num_classes: 3,
    global_pool: 'token',
    label_names: ['x', 'y', 'z'],
    pretrained_cfg: {
      input_size: [3, 16, 16],
      mean: [0.5, 0.4, 0.3],
      std: [0.2, 0.3, 0.4],
      crop_pct: 0.9,
      interpolation: 'bicubic',
    },
  };

  it('says how pictures are prepared, and perhaps the names of the classes', async () => {
    await write(config);
    const said: string[] = [];
    const { checkpoint } = await openCheckpoint(folder, {
      modelOptions: { heads: 2 },
      onNotice: (text) => said.push(text),
    });
    expect(checkpoint.network.labels).toEqual(['x', 'y', 'z']);
    expect(checkpoint.preprocessorJson).toMatchObject({
      size: { shortest_edge: 17 },
      crop_size: { height: 16, width: 16 },
      image_mean: [0.5, 0.4, 0.3],
      resample: 3,
    });
    expect(said).toEqual([]);
    const file = await readWeightsFile(at('timm-vit.safetensors'), { heads: 2 });
    expect(checkpoint.weights).toEqual(file.weights);
  });

  it('refuses other architectures by name', async () => {
    await write({ ...config, architecture: 'efficientnet_b0' });
    await expect(openCheckpoint(folder)).rejects.toThrow(
      `${basename(folder)}/config.json: architecture "efficientnet_b0" of timm is not supported (valid: vit_..., deit_..., resnet...)`,
    );
    await write({ architecture: 'vit_tiny', pretrained_cfg: {} });
    await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
