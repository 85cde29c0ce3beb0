import { expect, it } from 'vitest';
import { input } from '../../graph/value.ts';
import { Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { segformerConfig } from './segformer-encoder.ts';
import { segformer } from './segformer.ts';

const raw = {
  num_labels: 5,
  hidden_sizes: [4, 6],
  depths: [1, 1],
  num_attention_heads: [1, 2],
  sr_ratios: [2, 1],
  patch_sizes: [7, 3],
  strides: [4, 2],
  mlp_ratios: [2, 2],
  decoder_hidden_size: 3,
};
const config = segformerConfig.parse(raw);
const x = input('x', 'float32', [2, 3, 32, 48]);

it('has the parameters of published checkpoints, and logits at a quarter of the size', () => {
  const { layout, shape } = built((scope) => segformer(scope, config, x).logits);
  expect(shape).toEqual([2, 5, 8, 12]);
  expect(layout).toMatchInlineSnapshot(`
    "segformer.encoder.patch_embeddings.0.proj 4x3x7x7 bias
    segformer.encoder.patch_embeddings.0.layer_norm 4 bias
    segformer.encoder.block.0.0.layer_norm_1 4 bias
    segformer.encoder.block.0.0.attention.self.sr 4x4x2x2 bias
    segformer.encoder.block.0.0.attention.self.layer_norm 4 bias
    segformer.encoder.block.0.0.attention.self.query 4x4 bias
    segformer.encoder.block.0.0.attention.self.key 4x4 bias
    segformer.encoder.block.0.0.attention.self.value 4x4 bias
    segformer.encoder.block.0.0.attention.output.dense 4x4 bias
    segformer.encoder.block.0.0.layer_norm_2 4 bias
    segformer.encoder.block.0.0.mlp.dense1 8x4 bias
    segformer.encoder.block.0.0.mlp.dwconv.dwconv 8x1x3x3 bias
    segformer.encoder.block.0.0.mlp.dense2 4x8 bias
    segformer.encoder.layer_norm.0 4 bias
    segformer.encoder.patch_embeddings.1.proj 6x4x3x3 bias
    segformer.encoder.patch_embeddings.1.layer_norm 6 bias
    segformer.encoder.block.1.0.layer_norm_1 6 bias
    segformer.encoder.block.1.0.attention.self.query 6x6 bias
    segformer.encoder.block.1.0.attention.self.key 6x6 bias
    segformer.encoder.block.1.0.attention.self.value 6x6 bias
    segformer.encoder.block.1.0.attention.output.dense 6x6 bias
    segformer.encoder.block.1.0.layer_norm_2 6 bias
    segformer.encoder.block.1.0.mlp.dense1 12x6 bias
    segformer.encoder.block.1.0.mlp.dwconv.dwconv 12x1x3x3 bias
    segformer.encoder.block.1.0.mlp.dense2 6x12 bias
    segformer.encoder.layer_norm.1 6 bias
    decode_head.linear_c.0.proj 3x4 bias
    decode_head.linear_c.1.proj 3x6 bias
    decode_head.linear_fuse 3x6x1x1
    decode_head.batch_norm 3 bias running_mean running_var
    decode_head.classifier 5x3x1x1 bias"
  `);
});

it('gives the map of each stage', () => {
  const { hidden } = segformer(Scope.root(), config, x);
  expect(hidden.map(({ shape }) => shape)).toEqual([
    [2, 4, 8, 12],
    [2, 6, 4, 6],
  ]);
});

it('takes pictures that do not divide by its strides', () => {
  const odd = input('x', 'float32', [1, 3, 33, 50]);
  expect(segformer(Scope.root(), config, odd).logits.shape).toEqual([1, 5, 9, 13]);
});

it('names the list that has not as many stages', () => {
  const { error } = segformerConfig.safeParse({ ...raw, sr_ratios: [8, 4, 2, 1] });
  expect(error?.issues[0]).toMatchObject({
    path: ['sr_ratios'],
    message: 'not as many as hidden_sizes',
  });
});
