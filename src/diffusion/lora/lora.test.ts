import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { StoredTensor } from '../../formats/stored-tensor.ts';
import { openTensorFile, type TensorFile } from '../../formats/tensor-file.ts';
import { toFloat32 } from '../../tensor/convert.ts';
import { float32, sizeOf } from '../../tensor/tensor.ts';
import type { LoraComponent } from './keys.ts';
import { loraComponents, loraUpdates, type LoraUpdate } from './lora.ts';

interface ExpectedUpdate {
  readonly shape: readonly number[];
  readonly scale: number;
  /** What numpy adds to the weight, row-major; for some. */
  readonly delta?: readonly number[];
}

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as Record<
  string,
  Partial<Record<LoraComponent, Record<string, ExpectedUpdate>>>
>;

/** The merge as it is defined: scale * (up @ down), row-major. */
async function deltaOf({ down, up, scale }: LoraUpdate): Promise<number[]> {
  const [rank, columns] = down.shape;
  const a = toFloat32(await down.read()).data;
  const b = toFloat32(await up.read()).data;
  return Array.from({ length: up.shape[0] * columns }, (_, flat) => {
    const row = Math.floor(flat / columns);
    const products = Array.from(
      { length: rank },
      (_, r) => b[row * rank + r] * a[r * columns + (flat % columns)],
    );
    return scale * products.reduce((sum, x) => sum + x, 0);
  });
}

describe.each(Object.entries(expected))('%s', (file, components) => {
  const path = fixture(file);

  it('names the components that it changes', async () => {
    const found = loraComponents(await openTensorFile(path), path);
    expect([...found].sort()).toEqual(Object.keys(components).sort());
  });

  it.each(Object.entries(components))(
    'has an update for each layer of the %s',
    async (name, layers) => {
      const component = name as LoraComponent;
      const parameters = new Map(Object.entries(layers));
      const updates = await loraUpdates(await openTensorFile(path), component, parameters, path);
      expect(updates.map(({ parameter }) => parameter).sort()).toEqual(
        [...parameters.keys()].sort(),
      );
      let compared = 0;
      for (const update of updates) {
        const { shape, scale, delta } = layers[update.parameter];
        expect(update.scale).toBeCloseTo(scale, 10);
        expect(update.up.shape[0] * update.down.shape[1]).toBe(sizeOf(shape));
        expect([update.up.place, update.down.place]).not.toContain(undefined);
        if (!delta) continue;
        const merged = await deltaOf(update);
        merged.forEach((value, i) => expect(value).toBeCloseTo(delta[i], 4));
        compared++;
      }
      expect(compared).toBeGreaterThan(0);
    },
  );
});

function stored(...shape: number[]): StoredTensor {
  const values = new Float32Array(sizeOf(shape)).fill(4);
  return { dtype: 'float32', shape, read: () => Promise.resolve(float32(shape, values)) };
}

function fileOf(
  tensors: Record<string, StoredTensor>,
  scalars: Record<string, string> = {},
): TensorFile {
  return { tensors: new Map(Object.entries(tensors)), scalars: new Map(Object.entries(scalars)) };
}

const query = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q';
const parameters = new Map([
  [`${query}.weight`, { shape: [6, 5] }],
  ['down_blocks.0.attentions.0.proj_in.weight', { shape: [6, 6, 1, 1] }],
  ['down_blocks.0.resnets.0.conv1.weight', { shape: [6, 4, 3, 3] }],
  ['text_model.encoder.layers.0.self_attn.q_proj.weight', { shape: [6, 6] }],
]);
const updatesOf = (file: TensorFile, component: LoraComponent = 'unet'): Promise<LoraUpdate[]> =>
  loraUpdates(file, component, parameters, 'a.safetensors');

test.each([
  `lora_unet_${query.replaceAll('.', '_')}.lora_X.weight`,
  'lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_X.weight',
  `unet.${query}.lora_X.weight`,
  `${query.replace('attn1', 'attn1.processor')}_lora.X.weight`,
  `base_model.model.${query}.lora_Y.default.weight`,
  `unet.${query}.lora.X.weight`,
])('%s is a name of a layer', async (pattern) => {
  const key = (kind: 'down' | 'up'): string =>
    pattern.replace('X', kind).replace('Y', kind === 'down' ? 'A' : 'B');
  const [update, ...more] = await updatesOf(
    fileOf({ [key('down')]: stored(2, 5), [key('up')]: stored(6, 2) }),
  );
  expect([update.parameter, update.scale, more]).toEqual([`${query}.weight`, 1, []]);
});

test('factors of linear layers may be 1x1 convolutions, and the other way round', async () => {
  const [linear, convolution, kernel] = await updatesOf(
    fileOf({
      [`unet.${query}.lora_A.weight`]: stored(2, 5, 1, 1),
      [`unet.${query}.lora_B.weight`]: stored(6, 2, 1, 1),
      'unet.down_blocks.0.attentions.0.proj_in.lora_A.weight': stored(1, 6),
      'unet.down_blocks.0.attentions.0.proj_in.lora_B.weight': stored(6, 1),
      'unet.down_blocks.0.resnets.0.conv1.lora_A.weight': stored(3, 4, 3, 3),
      'unet.down_blocks.0.resnets.0.conv1.lora_B.weight': stored(6, 3, 1, 1),
    }),
  );
  expect([linear.down.shape, linear.up.shape]).toEqual([
    [2, 5],
    [6, 2],
  ]);
  expect([convolution.down.shape, convolution.up.shape]).toEqual([
    [1, 6],
    [6, 1],
  ]);
  expect([kernel.down.shape, kernel.up.shape]).toEqual([
    [3, 36],
    [6, 3],
  ]);
});

describe('the scale', () => {
  const factors = {
    [`unet.${query}.lora_A.weight`]: stored(4, 5),
    [`unet.${query}.lora_B.weight`]: stored(6, 4),
  };
  const scale = async (config?: Record<string, unknown>): Promise<number> => {
    const file = config
      ? fileOf(factors, { lora_adapter_metadata: JSON.stringify(config) })
      : fileOf(factors);
    return (await updatesOf(file))[0].scale;
  };

  it('is 1, or alpha over rank', async () => {
    expect(await scale()).toBe(1);
    expect(await scale({ 'unet.lora_alpha': 6, 'unet.r': 4 })).toBe(1.5);
    expect(await scale({ 'text_encoder.lora_alpha': 6 })).toBe(1);
  });

  it('follows patterns and rank-stabilised LoRA', async () => {
    const config = { 'unet.lora_alpha': 6, 'unet.alpha_pattern': { 'attn1.to_q': 8, to_k: 3 } };
    expect(await scale(config)).toBe(2);
    expect(await scale({ ...config, 'unet.use_rslora': true })).toBe(4);
  });

  it.each([
    ['{', /a\.safetensors: lora_adapter_metadata is not JSON/],
    ['[]', /lora_adapter_metadata is no JSON object/],
    ['{"unet.lora_alpha": "x"}', /lora_adapter_metadata: lora_alpha: /],
  ])('is refused as %s', async (text, message) => {
    const updates = updatesOf(fileOf(factors, { lora_adapter_metadata: text }));
    await expect(updates).rejects.toMatchObject({ code: 'corrupt' });
    await expect(updates).rejects.toThrow(message);
  });
});

describe('refuses', () => {
  const down = { [`unet.${query}.lora_A.weight`]: stored(2, 5) };
  const up = { [`unet.${query}.lora_B.weight`]: stored(6, 2) };
  const kohya = `lora_unet_${query.replaceAll('.', '_')}`;

  it.each<[string, Record<string, StoredTensor>, string, RegExp]>([
    ['half an update', down, 'corrupt', /no factor "up" for "down_blocks\.0.+to_q\.weight"/],
    ['the other half', up, 'corrupt', /no factor "down"/],
    [
      'an update given twice',
      { ...down, ...up, [`${kohya}.lora_down.weight`]: stored(2, 5) },
      'corrupt',
      /two factors "down"/,
    ],
    [
      'a factor of another width',
      { ...up, [`unet.${query}.lora_A.weight`]: stored(2, 7) },
      'shape',
      /"down" has shape \[2, 7\], which does not fit "down_blocks/,
    ],
    [
      'factors of two ranks',
      { ...down, [`unet.${query}.lora_B.weight`]: stored(6, 3) },
      'shape',
      /"up" has shape \[6, 3\], its rank is 2, which does not fit/,
    ],
    [
      'a rank of zero',
      {
        [`unet.${query}.lora_A.weight`]: stored(0, 5),
        [`unet.${query}.lora_B.weight`]: stored(6, 0),
      },
      'shape',
      /"down" has shape \[0, 5\]/,
    ],
    [
      'layers of another model',
      Object.fromEntries(
        [1, 2, 3, 4, 5].map((i) => [`unet.up_blocks.${i}.x.lora_A.weight`, stored(2, 5)]),
      ),
      'unsupported',
      /has not: "up_blocks\.1\.x", "up_blocks\.2\.x", "up_blocks\.3\.x" and 2 more; it may be made for/,
    ],
    [
      'an alpha that is none',
      { ...down, ...up, [`${kohya}.alpha`]: stored(2) },
      'corrupt',
      /alpha of .+ is no number/,
    ],
    [
      `a middle factor`,
      { [`${kohya}.lora_mid.weight`]: stored(2, 2, 3, 3) },
      'unsupported',
      /LoCon with a middle/,
    ],
    [
      'LoHa',
      { [`${kohya}.hada_w1_a`]: stored(2) },
      'unsupported',
      /hada_w1_a" is of LoHa, which is not supported/,
    ],
    ['LoKr', { [`${kohya}.lokr_w1`]: stored(2) }, 'unsupported', /LoKr/],
    ['DoRA', { [`${kohya}.dora_scale`]: stored(2) }, 'unsupported', /DoRA/],
    ['whole differences', { [`${kohya}.diff`]: stored(2) }, 'unsupported', /whole weights/],
    [
      'another model’s file',
      { 'transformer.x.lora_A.weight': stored(2, 5) },
      'unsupported',
      /no known LoRA format/,
    ],
    [
      'a file that is no LoRA',
      { [`${query}.weight`]: stored(2) },
      'unsupported',
      /no known LoRA format/,
    ],
  ])('%s', async (_, tensors, code, message) => {
    await expect(updatesOf(fileOf(tensors))).rejects.toMatchObject({ code });
    await expect(updatesOf(fileOf(tensors))).rejects.toThrow(message);
  });
});
