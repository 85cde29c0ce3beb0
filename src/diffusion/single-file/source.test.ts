import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { openEditor } from '../../editors/open.ts';
import { encodeSafetensors } from '../../formats/safetensors.ts';
import type { RgbImage } from '../../tensor/image.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { openSingleFile } from './open.ts';
import { shapeFrom, type ShapesByName } from './testing/sparse-file.ts';

/** One file, and the same pipeline as a folder of diffusers, edit alike. */

type Family = 'sd1' | 'sd2' | 'sdxl';
const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/names.json'), 'utf8'),
) as Record<Family, { readonly original: ShapesByName }>;

const random = counterRandom(11);

/** Small numbers; of norms and biases, too, so that none that is lost goes unnoticed. */
function filled(shapes: ShapesByName): Map<string, Tensor> {
  return new Map(
    Object.entries(shapes).map(([name, text]) => {
      const shape = shapeFrom(text);
      const size = 2 / Math.sqrt(sizeOf(shape.slice(1)));
      return [
        name,
        float32(
          shape,
          Float32Array.from({ length: sizeOf(shape) }, () => size * (random.uniform() - 0.4)),
        ),
      ];
    }),
  );
}

/** As many tokens as the networks of the fixtures know. */
async function writeTokenizer(folder: string): Promise<void> {
  const letters = Array.from('!abcdefghijklmnopqrstuvw');
  const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`)];
  const vocabulary = [...tokens, '<|startoftext|>', '<|endoftext|>'];
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'vocab.json'),
    JSON.stringify(Object.fromEntries(vocabulary.map((token, id) => [token, id]))),
  );
  await writeFile(join(folder, 'merges.txt'), '#version: 0.2\n');
  await writeFile(join(folder, 'tokenizer_config.json'), '{}');
}

const picture: RgbImage = {
  width: 32,
  height: 32,
  data: Uint8Array.from({ length: 32 * 32 * 3 }, () => random.integer(256)),
};

async function edited(reference: string): Promise<RgbImage> {
  const editor = await openEditor(reference);
  const options = { steps: 2, size: null, strength: 1, alpha: 1 };
  const [image] = await editor.edit([picture], { prompt: 'a lamp' }, options);
  await editor.dispose();
  return image;
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'single-file-source-test-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.each<Family>(['sd1', 'sd2', 'sdxl'])('%s', (family) => {
  it('in one file edits like its parts in a folder', async () => {
    const folder = join(root, family);
    const tokenizers = ['tokenizer', ...(family === 'sdxl' ? ['tokenizer_2'] : [])];
    for (const name of tokenizers) {
      await writeTokenizer(join(folder, name));
      await writeTokenizer(join(folder, 'parts', name));
    }
    const path = join(folder, 'model.safetensors');
    await writeFile(path, encodeSafetensors(filled(cases[family].original)));

    const { components, pipeline, scheduler } = await openSingleFile(path);
    const write = async (place: string, name: string, data: string | Uint8Array): Promise<void> => {
      await mkdir(join(folder, 'parts', place), { recursive: true });
      await writeFile(join(folder, 'parts', place, name), data);
    };
    const index = Object.fromEntries(
      [...components.keys()].map((name) => [name, ['any', 'thing']]),
    );
    await write('.', 'model_index.json', JSON.stringify({ _class_name: pipeline, ...index }));
    await write('scheduler', 'scheduler_config.json', JSON.stringify(scheduler));
    for (const [name, { config, tensors }] of components) {
      await write(name, 'config.json', JSON.stringify(config));
      const read = new Map<string, Tensor>();
      for (const [key, stored] of tensors) read.set(key, await stored.read());
      await write(name, 'model.safetensors', encodeSafetensors(read));
    }
    const image = await edited(path);
    expect(image).toEqual(await edited(join(folder, 'parts')));
    expect(new Set(image.data).size).toBeGreaterThan(2);
  });
});

it('without a tokenizer beside it asks the hub for CLIP, and says so where it may not', async () => {
  const path = join(root, 'alone.safetensors');
  await writeFile(path, encodeSafetensors(filled(cases.sd1.original)));
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  vi.stubEnv('HF_HOME', join(root, 'cache'));
  try {
    await expect(openEditor(path)).rejects.toThrow(
      /openai\/clip-vit-large-patch14 is not whole in the cache/,
    );
  } finally {
    vi.unstubAllEnvs();
  }
});
