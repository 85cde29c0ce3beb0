import { expect, test } from 'vitest';
import { input } from '../../graph/value.ts';
import type { RawConfig } from '../config.ts';
import { Scope } from '../scope.ts';
import { maeVitLayers, type LayerIds } from './layer-ids.ts';
import { maeVit, maeVitConfig } from './mae-vit.ts';
import { classifierFrom } from './registry.ts';

/** The parameters of each layer, by the modules that they belong to. */
function modulesByLayer(names: Iterable<string>, { of, last }: LayerIds): string[] {
  const modules = Array.from({ length: last + 1 }, () => new Set<string>());
  for (const name of names) modules[of(name)].add(name.replace(/\.(weight|bias)$/, ''));
  return modules.map((some) => [...some].join(' '));
}

function layersOf(config: RawConfig): string[] {
  const scope = Scope.root();
  const classifier = classifierFrom(config, 'config.json');
  classifier.build(scope, input('x', 'float32', [1, 3, 32, 32]));
  return modulesByLayer(scope.declared.parameters.keys(), classifier.layers);
}

test('MAE: the ids of get_layer_id_for_vit', () => {
  const config = maeVitConfig.parse({
    image_size: 8,
    patch_size: 4,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 16,
    num_labels: 3,
  });
  const scope = Scope.root();
  maeVit(scope, config, input('x', 'float32', [1, 3, 8, 8]));
  const block = (i: number): string =>
    ['norm1', 'attn.qkv', 'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2']
      .map((name) => `blocks.${i}.${name}`)
      .join(' ');
  expect(modulesByLayer(scope.declared.parameters.keys(), maeVitLayers({ depth: 2 }))).toEqual([
    'patch_embed.proj cls_token pos_embed',
    block(0),
    block(1),
    'fc_norm head',
  ]);
});

test('MAE: two digits are one number', () => {
  expect(maeVitLayers({ depth: 12 }).of('blocks.11.norm1.weight')).toBe(12);
  expect(maeVitLayers({ depth: 12 }).of('norm.bias')).toBe(13);
});

test('ViT: the same layers under the names of transformers', () => {
  const layers = layersOf({
    model_type: 'vit',
    hidden_size: 4,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 8,
    image_size: 32,
    patch_size: 16,
  });
  const inner = [
    'layernorm_before',
    'attention.attention.query',
    'attention.attention.key',
    'attention.attention.value',
    'attention.output.dense',
    'layernorm_after',
    'intermediate.dense',
    'output.dense',
  ];
  const block = (i: number): string =>
    inner.map((name) => `vit.encoder.layer.${i}.${name}`).join(' ');
  expect(layers).toEqual([
    ['patch_embeddings.projection', 'cls_token', 'position_embeddings']
      .map((name) => `vit.embeddings.${name}`)
      .join(' '),
    block(0),
    block(1),
    'vit.layernorm classifier',
  ]);
});

test('ResNet: stem, stages, head', () => {
  const layers = layersOf({
    model_type: 'resnet',
    embedding_size: 4,
    hidden_sizes: [4, 8],
    depths: [2, 1],
    layer_type: 'basic',
  });
  expect(layers).toHaveLength(4);
  expect(layers[0]).toBe(
    'resnet.embedder.embedder.convolution resnet.embedder.embedder.normalization',
  );
  for (const stage of [0, 1]) {
    const modules = layers[stage + 1].split(' ');
    const prefix = `resnet.encoder.stages.${stage}.`;
    expect(modules.every((name) => name.startsWith(prefix))).toBe(true);
    expect(modules).toHaveLength(stage === 0 ? 8 : 6);
  }
  expect(layers[3]).toBe('classifier.1');
});
