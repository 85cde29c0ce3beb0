import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toFloat16 } from '../tensor/convert.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import { encodeSafetensors } from './safetensors.ts';
import { openWeights, requireStoredWeights, requireWeights } from './weights.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const of = (value: number): Tensor => float32([1], [value]);

async function write(file: string, tensors: Record<string, Tensor>): Promise<void> {
  await writeFile(join(folder, file), encodeSafetensors(new Map(Object.entries(tensors))));
}

async function writeIndex(file: string, index: unknown): Promise<void> {
  await writeFile(join(folder, file), JSON.stringify(index));
}

/** What is found, read. */
async function readWeights(): Promise<{ tensors: Record<string, Tensor>; path: string }> {
  const { tensors, path } = await openWeights(folder);
  const read: Record<string, Tensor> = {};
  for (const [name, stored] of tensors) read[name] = await stored.read();
  return { tensors: read, path };
}

describe('openWeights', () => {
  it.each([
    'model.safetensors',
    'diffusion_pytorch_model.safetensors',
    'model.fp16.safetensors',
    'diffusion_pytorch_model.fp16.safetensors',
  ])('reads %s', async (file) => {
    await write(file, { w: of(1) });
    expect(await readWeights()).toEqual({
      tensors: { w: of(1) },
      path: join(folder, file),
    });
  });

  it('prefers full precision', async () => {
    await write('diffusion_pytorch_model.fp16.safetensors', { w: of(16) });
    await write('diffusion_pytorch_model.safetensors', { w: of(32) });
    expect((await readWeights()).tensors).toEqual({ w: of(32) });
  });

  it.each(['model.safetensors.index.json', 'diffusion_pytorch_model.safetensors.index.fp16.json'])(
    'collects the shards of %s',
    async (index) => {
      await write('part-1.safetensors', { a: of(1), b: of(2), unlisted: of(0) });
      await write('part-2.safetensors', { c: of(3) });
      await writeIndex(index, {
        metadata: { total_size: 12 },
        weight_map: {
          a: 'part-1.safetensors',
          c: 'part-2.safetensors',
          b: 'part-1.safetensors',
        },
      });
      const { tensors, path } = await readWeights();
      expect(tensors).toEqual({ a: of(1), b: of(2), c: of(3) });
      expect(path).toBe(join(folder, index));
    },
  );

  it('says what it looked for', async () => {
    await expect(readWeights()).rejects.toMatchObject({ code: 'not-found' });
    await expect(readWeights()).rejects.toThrow(
      `there are no weights at ${folder}/model.safetensors (valid: model.safetensors, diffusion_pytorch_model.safetensors, `,
    );
  });

  const index = 'model.safetensors.index.json';
  it.each<[string, unknown, string, RegExp]>([
    ['that is no map', { weight_map: ['x'] }, 'corrupt', /index\.json: field "weight_map"/],
    ['without a map', {}, 'corrupt', /index\.json: field "weight_map"/],
    [
      'that leads out of the folder',
      { weight_map: { w: '../secret.safetensors' } },
      'corrupt',
      /leads out of/,
    ],
    [
      'that names a file that is not there',
      { weight_map: { w: 'part-2.safetensors' } },
      'not-found',
      /part-2\.safetensors/,
    ],
    [
      'that names a tensor that is not there',
      { weight_map: { v: 'part-1.safetensors' } },
      'corrupt',
      /part-1\.safetensors has no tensor "v"/,
    ],
  ])('refuses an index %s', async (_, content, code, message) => {
    await write('part-1.safetensors', { w: of(1) });
    await writeIndex(index, content);
    await expect(readWeights()).rejects.toMatchObject({ code });
    await expect(readWeights()).rejects.toThrow(message);
  });
});

describe('requireWeights', () => {
  const shapes = new Map([['w', { shape: [1, 2] }]]);
  it.each<[string, Record<string, Tensor>]>([
    ['m has no tensor "w"', { v: float32([1, 2], [0, 0]) }],
    ['m: tensor "w" has shape [2, 1], not [1, 2]', { w: float32([2, 1], [0, 0]) }],
    ['m: tensor "w" has values that are no numbers', { w: float32([1, 2], [0, NaN]) }],
    ['m: tensor "w" has values that are no numbers', { w: toFloat16(float32([1, 2], [0, NaN])) }],
  ])('says: %s', async (message, tensors) => {
    const weights = new Map(Object.entries(tensors));
    expect(() => requireWeights(weights, shapes, 'm')).toThrow(message);
    await write('model.safetensors', tensors);
    const stored = await openWeights(folder);
    await expect(requireStoredWeights(stored.tensors, shapes, 'm')).rejects.toThrow(message);
  });

  it('takes what fits, and more', () => {
    const w = float32([1, 2], [0, 1]);
    expect(
      requireWeights(
        new Map([
          ['w', w],
          ['v', w],
        ]),
        shapes,
        'm',
      ),
    ).toBeUndefined();
  });
});
