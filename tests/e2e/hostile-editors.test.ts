import { join } from 'node:path';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { float32, type Tensor } from '../../src/tensor/tensor.ts';
import { command, modellock } from '../support/command-line.ts';
import { makeWorkplace, type Workplace } from '../support/workplace.ts';

/** Diffusers folders that are broken, or made to harm. */

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace({ train: 1, test: 1 });
});
afterAll(() => place.remove());
beforeEach(() => {
  for (const name of ['evil', 'edited.work']) {
    rmSync(place.at(name), { recursive: true, force: true });
  }
  cpSync(place.at('editor'), place.at('evil'), { recursive: true });
});

const weights = 'unet/diffusion_pytorch_model.safetensors';
const evilPickle = join(import.meta.dirname, '../../src/formats/torch/fixtures/hostile/system.pth');

/** Changes the tensors of the U-Net. */
function retensored(change: (tensors: Map<string, Tensor>) => void): void {
  const path = place.at('evil', weights);
  const { tensors } = decodeSafetensors(readFileSync(path), path);
  change(tensors);
  writeFileSync(path, encodeSafetensors(tensors));
}

/** Changes a JSON file. */
function rewritten(name: string, change: (json: Record<string, unknown>) => void): void {
  const path = place.at('evil', name);
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

it.each<[string, () => void, string]>([
  [
    'a weight of another shape',
    () => retensored((tensors) => tensors.set('conv_in.bias', float32([3], [1, 2, 3]))),
    `evil/${weights}: tensor "conv_in.bias" has shape [3], not [8]`,
  ],
  [
    'a weight that is missing',
    () => retensored((tensors) => tensors.delete('conv_out.weight')),
    `evil/${weights} has no tensor "conv_out.weight"`,
  ],
  [
    'weights that are no numbers',
    () => retensored((tensors) => tensors.get('conv_in.weight')!.data.fill(NaN as never)),
    `evil/${weights}: tensor "conv_in.weight" has values that are no numbers`,
  ],
  [
    'a header that claims 2^60 bytes',
    () => {
      const bytes = readFileSync(place.at('evil', weights));
      bytes.writeBigUInt64LE(2n ** 60n, 0);
      writeFileSync(place.at('evil', weights), bytes);
    },
    `evil/${weights} is no valid safetensors file: its header claims 1152921504606846976 bytes`,
  ],
  [
    'weights that were cut off',
    () => {
      const bytes = readFileSync(place.at('evil', weights));
      writeFileSync(place.at('evil', weights), bytes.subarray(0, bytes.length - 100));
    },
    `evil/${weights} is no valid safetensors file: `,
  ],
  [
    'a pickle that runs a command',
    () => {
      rmSync(place.at('evil', weights));
      cpSync(evilPickle, place.at('evil', 'unet/diffusion_pytorch_model.bin'));
    },
    'evil/unet/diffusion_pytorch_model.bin asks to run posix.system',
  ],
  [
    'a block of a type that nobody knows',
    () => rewritten('unet/config.json', (json) => (json['down_block_types'] = ['EvilBlock', ''])),
    'evil/unet/config.json: down_block_types.0',
  ],
  [
    'a network of another family',
    () => rewritten('unet/config.json', (json) => (json['class_embed_type'] = 'projection')),
    'evil/unet/config.json: class_embed_type',
  ],
  [
    'widths for a whole memory',
    () => rewritten('unet/config.json', (json) => (json['block_out_channels'] = [1e9, 1e9])),
    'evil/unet',
  ],
  [
    'a scheduler that nobody knows',
    () => rewritten('scheduler/scheduler_config.json', (json) => (json['_class_name'] = 'Evil')),
    'evil/scheduler/scheduler_config.json',
  ],
  [
    'a pipeline that is no editor',
    () => rewritten('model_index.json', (json) => (json['_class_name'] = 'DanceDiffusion')),
    'evil/model_index.json: pipeline "DanceDiffusion" is no editor',
  ],
])('%s is refused by the name of its file', async (_, change, message) => {
  change();
  const picture = 'photos/test/lobster/000.jpg';
  const { code, stdout, stderr } = await modellock(
    command(`edit ${picture} --editor evil --out edited`),
    { cwd: place.folder, key: 'with oil pastel' },
  );
  expect([code, stdout], stderr).toEqual([1, '']);
  expect(stderr).toMatch(/modellock: [^\n]+\n$/);
  expect(stderr).toContain(message);
  expect(place.files('.').some((file) => file.startsWith('edited/'))).toBe(false);
});
