import { expect, test } from 'vitest';
import type { StoredTensor } from '../../formats/stored-tensor.ts';
import { float32, sizeOf, toNumbers } from '../../tensor/tensor.ts';
import { OriginalPart } from './component.ts';
import { clipTextOf, openClipTextOf } from './text-encoder.ts';

/** A tensor of the numbers from `first` on. */
function counting(first: number, ...shape: number[]): StoredTensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => first + i);
  return { dtype: 'float32', shape, read: () => Promise.resolve(float32(shape, values)) };
}

const part = (tensors: Record<string, StoredTensor>): OriginalPart =>
  new OriginalPart(new Map(Object.entries(tensors)), '', /$^/, 'model.ckpt');

test('joined attention is split and the projection turned around', async () => {
  const { tensors, config } = openClipTextOf(
    part({
      'token_embedding.weight': counting(0, 5, 64),
      positional_embedding: counting(0, 77, 64),
      'transformer.resblocks.0.ln_1.weight': counting(0, 64),
      'transformer.resblocks.0.mlp.c_fc.weight': counting(0, 96, 64),
      'transformer.resblocks.0.attn.in_proj_weight': counting(0, 192, 64),
      'transformer.resblocks.0.attn.in_proj_bias': counting(0, 192),
      text_projection: counting(0, 64, 3),
    }),
  );
  const read = async (name: string): Promise<[readonly number[], number[]]> => {
    const { shape, data } = await tensors.get(name)!.read();
    return [shape, [...data.subarray(0, 3)].map(Number)];
  };
  const attention = 'text_model.encoder.layers.0.self_attn';
  expect(await read(`${attention}.q_proj.weight`)).toEqual([
    [64, 64],
    [0, 1, 2],
  ]);
  expect(await read(`${attention}.k_proj.weight`)).toEqual([
    [64, 64],
    [4096, 4097, 4098],
  ]);
  expect(await read(`${attention}.v_proj.weight`)).toEqual([
    [64, 64],
    [8192, 8193, 8194],
  ]);
  expect(await read(`${attention}.v_proj.bias`)).toEqual([[64], [128, 129, 130]]);
  // [in, out] of the original as [out, in].
  expect(await read('text_projection.weight')).toEqual([
    [3, 64],
    [0, 3, 6],
  ]);
  expect(config).toMatchObject({ projection_dim: 3, hidden_act: 'gelu', vocab_size: 5 });
});

test("names of merged files, which lack the model's own, are the same", async () => {
  const { tensors, config } = clipTextOf(
    part({
      'embeddings.token_embedding.weight': counting(0, 5, 64),
      'text_model.embeddings.position_embedding.weight': counting(7, 77, 64),
      'encoder.layers.0.layer_norm1.weight': counting(0, 64),
      'encoder.layers.0.mlp.fc1.weight': counting(0, 96, 64),
    }),
  );
  expect(config).toMatchObject({ num_hidden_layers: 1, hidden_act: 'quick_gelu' });
  const positions = await tensors.get('text_model.embeddings.position_embedding.weight')!.read();
  expect(toNumbers(positions)[0]).toBe(7);
  expect([...tensors.keys()].every((name) => name.startsWith('text_model.'))).toBe(true);
});
