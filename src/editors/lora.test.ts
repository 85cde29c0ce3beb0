import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTinyEditor } from '../../tests/support/tiny-models.ts';
import { counterRandom } from '../base/random/counter.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import type { RgbImage } from '../tensor/image.ts';
import { float32, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { openEditor, type OpenEditorOptions } from './open.ts';

const random = counterRandom(5);
const normal = (shape: readonly number[]): Tensor =>
  float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );

/** Factors of rank 2 for a matrix [out, in], as peft names them. */
const factors = (layer: string, out: number, features: number): [string, Tensor][] => [
  [`${layer}.lora_A.weight`, normal([2, features])],
  [`${layer}.lora_B.weight`, normal([out, 2])],
];

let folder: string;
const at = (name: string): string => join(folder, name);
const write = (name: string, tensors: readonly [string, Tensor][]): void =>
  writeFileSync(at(name), encodeSafetensors(new Map(tensors)));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lora-test-'));
  writeTinyEditor(at('xl'), 1, 'StableDiffusionXLInstructPix2PixPipeline');
  writeTinyEditor(at('editor'));
  const attention = 'unet.mid_block.attentions.0.transformer_blocks.0.attn2';
  write('unet.safetensors', factors(`${attention}.to_v`, 16, 32));
  write(
    'text.safetensors',
    ['text_encoder', 'text_encoder_2'].flatMap((part) =>
      factors(`${part}.text_model.encoder.layers.0.self_attn.v_proj`, 16, 16),
    ),
  );
  write('other.safetensors', factors('unet.down_blocks.7.attentions.0.proj_in', 16, 16));
});
afterAll(() => rmSync(folder, { recursive: true }));

const picture: RgbImage = {
  width: 16,
  height: 16,
  data: Uint8Array.from({ length: 16 * 16 * 3 }, () => random.integer(256)),
};

async function edited(options: OpenEditorOptions): Promise<{ data: Uint8Array; hash: string }> {
  const editor = await openEditor(at('xl'), options);
  const [{ data }] = await editor.edit([picture], { prompt: 'with oil pastel' }, { alpha: 1 });
  await editor.dispose();
  return { data, hash: editor.identity.hash };
}

it.each(['unet.safetensors', 'text.safetensors'])(
  '%s changes edits as far as it is weighted, and makes another editor',
  async (name) => {
    const plain = await edited({});
    const [none, half, whole] = [
      await edited({ loras: [{ path: at(name), weight: 0 }] }),
      await edited({ loras: [{ path: at(name), weight: 0.5 }] }),
      await edited({ loras: [{ path: at(name), weight: 1 }] }),
    ];
    expect(none.data).toEqual(plain.data);
    // Text is pooled before its last layer, so that only the second encoder's pooled text can change.
    expect(whole.data).not.toEqual(plain.data);
    expect(half.data).not.toEqual(whole.data);
    expect(new Set([plain, none, half, whole].map(({ hash }) => hash)).size).toBe(4);
    const twice = { path: at(name), weight: 0.5 };
    expect((await edited({ loras: [twice, twice] })).data).toEqual(whole.data);
  },
);

it('refuses a LoRA of layers or parts that the editor has not, by its name', async () => {
  const unknown = { path: at('other.safetensors'), weight: 1 };
  await expect(edited({ loras: [unknown] })).rejects.toThrow(
    `${unknown.path} changes layers that the unet has not: "down_blocks.7.attentions.0.proj_in"`,
  );
  const text = { path: at('text.safetensors'), weight: 1 };
  await expect(openEditor(at('editor'), { loras: [text] })).rejects.toThrow(
    `${text.path} changes the text_encoder_2 (valid: unet, text_encoder)`,
  );
});
