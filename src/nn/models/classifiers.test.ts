import { describe, expect, it, test } from 'vitest';
import { graphOf } from '../../graph/graph.ts';
import { input } from '../../graph/value.ts';
import type { RawConfig } from '../config.ts';
import { Scope } from '../scope.ts';
import { layoutOf } from '../testing/layout.ts';
import { tinyClassifiers } from '../testing/tiny-classifiers.ts';
import { classifierFrom, withLabels } from './registry.ts';

const vit = {
  model_type: 'vit',
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  image_size: 8,
  patch_size: 4,
  id2label: { '0': 'cat', '1': 'dog', '2': 'owl' },
};
const resnet = {
  model_type: 'resnet',
  embedding_size: 4,
  hidden_sizes: [8, 16],
  depths: [1, 1],
  layer_type: 'basic',
  num_labels: 5,
};

/** What a classifier declares when it is built for 32 x 32 pictures. */
function declared(config: RawConfig): Scope['declared'] {
  const scope = Scope.root();
  classifierFrom(config, 'config.json').build(scope, input('x', 'float32', [2, 3, 32, 32]));
  return scope.declared;
}

describe('parameters have the names and shapes of published checkpoints', () => {
  it('vit', () => {
    expect(layoutOf(declared(vit))).toMatchInlineSnapshot(`
      "vit.embeddings.patch_embeddings.projection 4x3x4x4 bias
      vit.embeddings.cls_token 1x1x4
      vit.embeddings.position_embeddings 1x5x4
      vit.encoder.layer.0.layernorm_before 4 bias
      vit.encoder.layer.0.attention.attention.query 4x4 bias
      vit.encoder.layer.0.attention.attention.key 4x4 bias
      vit.encoder.layer.0.attention.attention.value 4x4 bias
      vit.encoder.layer.0.attention.output.dense 4x4 bias
      vit.encoder.layer.0.layernorm_after 4 bias
      vit.encoder.layer.0.intermediate.dense 8x4 bias
      vit.encoder.layer.0.output.dense 4x8 bias
      vit.layernorm 4 bias
      classifier 3x4 bias"
    `);
  });

  it('resnet of basic layers', () => {
    expect(layoutOf(declared(resnet))).toMatchInlineSnapshot(`
      "resnet.embedder.embedder.convolution 4x3x7x7
      resnet.embedder.embedder.normalization 4 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.layer.0.convolution 8x4x3x3
      resnet.encoder.stages.0.layers.0.layer.0.normalization 8 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.layer.1.convolution 8x8x3x3
      resnet.encoder.stages.0.layers.0.layer.1.normalization 8 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.shortcut.convolution 8x4x1x1
      resnet.encoder.stages.0.layers.0.shortcut.normalization 8 bias running_mean running_var
      resnet.encoder.stages.1.layers.0.layer.0.convolution 16x8x3x3
      resnet.encoder.stages.1.layers.0.layer.0.normalization 16 bias running_mean running_var
      resnet.encoder.stages.1.layers.0.layer.1.convolution 16x16x3x3
      resnet.encoder.stages.1.layers.0.layer.1.normalization 16 bias running_mean running_var
      resnet.encoder.stages.1.layers.0.shortcut.convolution 16x8x1x1
      resnet.encoder.stages.1.layers.0.shortcut.normalization 16 bias running_mean running_var
      classifier.1 5x16 bias"
    `);
  });

  it('a bottleneck is a quarter as wide inside', () => {
    const config = { ...resnet, layer_type: 'bottleneck', hidden_sizes: [16], depths: [1] };
    expect(layoutOf(declared(config))).toMatchInlineSnapshot(`
      "resnet.embedder.embedder.convolution 4x3x7x7
      resnet.embedder.embedder.normalization 4 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.layer.0.convolution 4x4x1x1
      resnet.encoder.stages.0.layers.0.layer.0.normalization 4 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.layer.1.convolution 4x4x3x3
      resnet.encoder.stages.0.layers.0.layer.1.normalization 4 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.layer.2.convolution 16x4x1x1
      resnet.encoder.stages.0.layers.0.layer.2.normalization 16 bias running_mean running_var
      resnet.encoder.stages.0.layers.0.shortcut.convolution 16x4x1x1
      resnet.encoder.stages.0.layers.0.shortcut.normalization 16 bias running_mean running_var
      classifier.1 5x16 bias"
    `);
  });
});

/** What a classifier declares when it is built for training. */
function trained(
  config: RawConfig,
  { dropPath, isFrozen }: { dropPath?: number; isFrozen?: (name: string) => boolean },
): Scope['declared'] {
  const scope = Scope.root({ training: true, isFrozen });
  const x = input('x', 'float32', [2, 3, 32, 32]);
  classifierFrom(config, 'config.json').build(scope, x, { dropPath });
  return scope.declared;
}

describe('drop path', () => {
  const keeps = (config: RawConfig, dropPath?: number): Record<string, number> =>
    Object.fromEntries(
      [...trained(config, { dropPath }).masks].map(([name, { shape, keep }]) => {
        expect(shape.reduce((a, b) => a * b)).toBe(2);
        return [name, Number(keep.toFixed(3))];
      }),
    );

  it('grows in a line over the blocks of a ViT, from none at the first', () => {
    const block = (i: number, k: number): string =>
      `mask/vit.encoder.layer.${i}.drop_path${k}.drop_path`;
    expect(keeps({ ...vit, num_hidden_layers: 3 }, 0.2)).toEqual({
      [block(1, 1)]: 0.9,
      [block(1, 2)]: 0.9,
      [block(2, 1)]: 0.8,
      [block(2, 2)]: 0.8,
    });
  });

  it('grows over all layers of a ResNet', () => {
    const layer = (stage: number, i: number): string =>
      `mask/resnet.encoder.stages.${stage}.layers.${i}.drop_path`;
    expect(keeps({ ...resnet, depths: [2, 1] }, 0.2)).toEqual({
      [layer(0, 1)]: 0.9,
      [layer(1, 0)]: 0.8,
    });
  });

  it.each([vit, resnet])('is not there unless asked for: $model_type', (config) => {
    expect(keeps(config)).toEqual({});
  });
});

test('a frozen batch norm keeps its statistics', () => {
  const frozen = 'resnet.encoder.stages.0.';
  const { buffers, updates } = trained(resnet, { isFrozen: (name) => name.startsWith(frozen) });
  expect(buffers.size).toBe(14);
  const kept = [...buffers.keys()].filter((name) => !updates.has(name));
  expect(kept).toHaveLength(6);
  expect(kept.every((name) => name.startsWith(frozen))).toBe(true);
});

describe('classifierFrom', () => {
  it('names the file and the field that is missing', () => {
    const { hidden_size: _, ...without } = vit;
    expect(() => classifierFrom(without, 'm/config.json')).toThrow(
      'm/config.json: field "hidden_size" is missing',
    );
  });

  it('names the file and the field that is wrong', () => {
    for (const depth of [0, 1e9]) {
      const config = { ...resnet, depths: [1, depth] };
      const open = (): unknown => classifierFrom(config, 'm/config.json');
      expect(open).toThrow(/^m\/config\.json: depths\.1: /);
    }
  });

  it.each(['perceptron', undefined, 'constructor', '__proto__'])(
    'lists what it knows for %s',
    (type) => {
      expect(() => classifierFrom({ model_type: type }, 'm/config.json')).toThrow(
        `m/config.json: model_type "${type}" is not supported (valid: ${[
          ...tinyClassifiers.map((config) => String(config['model_type'])),
          'onnx',
        ].join(', ')})`,
      );
    },
  );

  it('takes labels in the order of their numbers, or makes them up', () => {
    const labels = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}`, `c${i}`]));
    const named = classifierFrom({ ...vit, id2label: labels }, 'x').labels;
    expect(named).toEqual(Object.values(labels));
    expect(classifierFrom(resnet, 'x').labels[4]).toBe('LABEL_4');
    expect(classifierFrom(withLabels(resnet, ['a', 'b']), 'x').labels).toEqual(['a', 'b']);
  });

  it('refuses an unknown activation', () => {
    expect(() => declared({ ...vit, hidden_act: 'sine' })).toThrow(/no activation .*"sine".*gelu/);
    expect(() => declared({ ...vit, hidden_act: 'toString' })).toThrow(/no activation/);
  });
});

test('a resnet has ReLUs within its layers, whatever the activation after them, as transformers has it', () => {
  const x = input('x', 'float32', [2, 3, 32, 32]);
  for (const layer_type of ['basic', 'bottleneck']) {
    const config = { ...resnet, layer_type, hidden_act: 'tanh' };
    const { logits } = classifierFrom(config, 'config.json').build(Scope.root(), x);
    const names = graphOf({ logits }).nodes.map(({ operator }) => operator.name);
    const count = (wanted: string): number => names.filter((name) => name === wanted).length;
    expect([count('Tanh'), count('Relu')]).toEqual([3, layer_type === 'basic' ? 2 : 4]);
  }
});
