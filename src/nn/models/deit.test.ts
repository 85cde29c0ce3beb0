import { expect, it } from 'vitest';
import { input } from '../../graph/value.ts';
import { built } from '../testing/layout.ts';
import { deit, deitConfig } from './deit.ts';

const config = {
  num_labels: 3,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  image_size: 8,
  patch_size: 4,
};
const x = input('x', 'float32', [2, 3, 8, 8]);

it('has a second token, and one head', () => {
  const { layout, shape } = built((scope) => deit(scope, deitConfig.parse(config), x).logits);
  expect(shape).toEqual([2, 3]);
  expect(layout).toMatchInlineSnapshot(`
    "deit.embeddings.patch_embeddings.projection 4x3x4x4 bias
    deit.embeddings.cls_token 1x1x4
    deit.embeddings.distillation_token 1x1x4
    deit.embeddings.position_embeddings 1x6x4
    deit.encoder.layer.0.layernorm_before 4 bias
    deit.encoder.layer.0.attention.attention.query 4x4 bias
    deit.encoder.layer.0.attention.attention.key 4x4 bias
    deit.encoder.layer.0.attention.attention.value 4x4 bias
    deit.encoder.layer.0.attention.output.dense 4x4 bias
    deit.encoder.layer.0.layernorm_after 4 bias
    deit.encoder.layer.0.intermediate.dense 8x4 bias
    deit.encoder.layer.0.output.dense 4x8 bias
    deit.layernorm 4 bias
    classifier 3x4 bias"
  `);
});

it('has two heads where it was distilled', () => {
  const architectures = ['DeiTForImageClassificationWithTeacher'];
  const { layout, shape } = built(
    (scope) => deit(scope, deitConfig.parse({ ...config, architectures }), x).logits,
  );
  expect(shape).toEqual([2, 3]);
  expect(layout.split('\n').slice(-2)).toEqual([
    'cls_classifier 3x4 bias',
    'distillation_classifier 3x4 bias',
  ]);
});
