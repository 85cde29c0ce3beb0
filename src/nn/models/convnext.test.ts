import { expect, it } from 'vitest';
import { input } from '../../graph/value.ts';
import { built } from '../testing/layout.ts';
import { convNext, convNextConfig } from './convnext.ts';

const config = { num_labels: 3, hidden_sizes: [4, 6], depths: [1, 1] };
const x = input('x', 'float32', [2, 3, 32, 24]);

it('has the parameters of published checkpoints', () => {
  const { layout, shape } = built((scope) =>
    convNext(scope, convNextConfig.parse(config), x).hidden.at(-1)!,
  );
  expect(shape).toEqual([2, 6, 4, 3]);
  expect(layout).toMatchInlineSnapshot(`
    "convnext.embeddings.patch_embeddings 4x3x4x4 bias
    convnext.embeddings.layernorm 4 bias
    convnext.encoder.stages.0.layers.0.dwconv 4x1x7x7 bias
    convnext.encoder.stages.0.layers.0.layernorm 4 bias
    convnext.encoder.stages.0.layers.0.pwconv1 16x4 bias
    convnext.encoder.stages.0.layers.0.pwconv2 4x16 bias
    convnext.encoder.stages.0.layers.0.layer_scale_parameter 4
    convnext.encoder.stages.1.downsampling_layer.0 4 bias
    convnext.encoder.stages.1.downsampling_layer.1 6x4x2x2 bias
    convnext.encoder.stages.1.layers.0.dwconv 6x1x7x7 bias
    convnext.encoder.stages.1.layers.0.layernorm 6 bias
    convnext.encoder.stages.1.layers.0.pwconv1 24x6 bias
    convnext.encoder.stages.1.layers.0.pwconv2 6x24 bias
    convnext.encoder.stages.1.layers.0.layer_scale_parameter 6
    convnext.layernorm 6 bias
    classifier 3x6 bias"
  `);
});

it('has no scales where they would begin with zero', () => {
  const plain = convNextConfig.parse({ ...config, layer_scale_init_value: 0 });
  expect(built((scope) => convNext(scope, plain, x).logits).layout).not.toMatch('layer_scale');
});

it('refuses stages without a depth', () => {
  expect(() => convNextConfig.parse({ ...config, depths: [1] })).toThrow(/not as many/);
});
