import { expect, it } from 'vitest';
import { graphOf } from '../../graph/graph.ts';
import { input, type Value } from '../../graph/value.ts';
import { Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { swin, swinConfig } from './swin.ts';

const config = swinConfig.parse({
  num_labels: 3,
  patch_size: 2,
  embed_dim: 4,
  depths: [2, 1],
  num_heads: [1, 2],
  window_size: 4,
});
const picture = (height: number, width: number): Value =>
  input('x', 'float32', [2, 3, height, width]);

it('has the parameters of published checkpoints', () => {
  const { layout, shape } = built((scope) => swin(scope, config, picture(16, 16)).logits);
  expect(shape).toEqual([2, 3]);
  expect(layout).toMatchInlineSnapshot(`
    "swin.embeddings.patch_embeddings.projection 4x3x2x2 bias
    swin.embeddings.norm 4 bias
    swin.encoder.layers.0.blocks.0.layernorm_before 4 bias
    swin.encoder.layers.0.blocks.0.attention.self.query 4x4 bias
    swin.encoder.layers.0.blocks.0.attention.self.key 4x4 bias
    swin.encoder.layers.0.blocks.0.attention.self.value 4x4 bias
    swin.encoder.layers.0.blocks.0.attention.self.relative_position_bias_table 49x1
    swin.encoder.layers.0.blocks.0.attention.output.dense 4x4 bias
    swin.encoder.layers.0.blocks.0.layernorm_after 4 bias
    swin.encoder.layers.0.blocks.0.intermediate.dense 16x4 bias
    swin.encoder.layers.0.blocks.0.output.dense 4x16 bias
    swin.encoder.layers.0.blocks.1.layernorm_before 4 bias
    swin.encoder.layers.0.blocks.1.attention.self.query 4x4 bias
    swin.encoder.layers.0.blocks.1.attention.self.key 4x4 bias
    swin.encoder.layers.0.blocks.1.attention.self.value 4x4 bias
    swin.encoder.layers.0.blocks.1.attention.self.relative_position_bias_table 49x1
    swin.encoder.layers.0.blocks.1.attention.output.dense 4x4 bias
    swin.encoder.layers.0.blocks.1.layernorm_after 4 bias
    swin.encoder.layers.0.blocks.1.intermediate.dense 16x4 bias
    swin.encoder.layers.0.blocks.1.output.dense 4x16 bias
    swin.encoder.layers.0.downsample.norm 16 bias
    swin.encoder.layers.0.downsample.reduction 8x16
    swin.encoder.layers.1.blocks.0.layernorm_before 8 bias
    swin.encoder.layers.1.blocks.0.attention.self.query 8x8 bias
    swin.encoder.layers.1.blocks.0.attention.self.key 8x8 bias
    swin.encoder.layers.1.blocks.0.attention.self.value 8x8 bias
    swin.encoder.layers.1.blocks.0.attention.self.relative_position_bias_table 49x2
    swin.encoder.layers.1.blocks.0.attention.output.dense 8x8 bias
    swin.encoder.layers.1.blocks.0.layernorm_after 8 bias
    swin.encoder.layers.1.blocks.0.intermediate.dense 32x8 bias
    swin.encoder.layers.1.blocks.0.output.dense 8x32 bias
    swin.layernorm 8 bias
    classifier 3x8 bias"
  `);
});

it('takes pictures that do not divide into patches and windows', () => {
  const { hidden } = swin(Scope.root(), config, picture(19, 21));
  expect(hidden.map(({ shape }) => shape)).toEqual([
    [2, 10 * 11, 4],
    [2, 5 * 6, 8],
    [2, 5 * 6, 8],
  ]);
});

it('refuses pictures that are smaller than a window', () => {
  expect(() => swin(Scope.root(), config, picture(8, 32))).toThrow(
    'a picture whose stage of 2 x 8 tokens is smaller than window_size 4',
  );
});

it('adds positions that were learnt for another size, interpolated, and wants that size as one number', () => {
  const absolute = { ...config, image_size: 16, use_absolute_embeddings: true };
  const { layout } = built((scope) => swin(scope, absolute, picture(24, 16)).logits);
  expect(layout).toContain('swin.embeddings.position_embeddings 1x64x4\n');
  const { error } = swinConfig.safeParse({ ...absolute, image_size: [16, 24] });
  expect(error?.issues[0].path).toEqual(['image_size']);
});

it('has the epsilon of the configuration in blocks and at the end, and 1e-5 elsewhere, as transformers has it', () => {
  const { logits } = swin(Scope.root(), { ...config, layer_norm_eps: 0.5 }, picture(16, 16));
  const epsilons = graphOf({ logits }).nodes.flatMap(({ operator, inputs, attributes }) =>
    operator.name === 'LayerNormalization' && inputs[1]?.producer.kind === 'parameter'
      ? [[inputs[1].producer.name.replace(/\.weight$/, ''), attributes['epsilon']]]
      : [],
  );
  expect(epsilons).toHaveLength(9);
  const others = epsilons.filter(([, epsilon]) => epsilon !== 0.5);
  expect(others).toEqual([
    ['swin.embeddings.norm', 1e-5],
    ['swin.encoder.layers.0.downsample.norm', 1e-5],
  ]);
});
