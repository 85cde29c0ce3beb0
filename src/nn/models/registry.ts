import { requireEntry } from '../../base/registry.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf, parseConfig, type RawConfig } from '../config.ts';
import type { Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { resnetLayers, vitLayers, type LayerIds } from './layer-ids.ts';
import { onnxClassifier, onnxModelType } from './onnx/model.ts';
import { resnet, resnetConfig } from './resnet.ts';
import { vit, vitConfig } from './vit.ts';

/** An image classifier of a known architecture, ready to be built. */
export interface Classifier {
  /** The classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Colours of the input. */
  readonly channels: number;
  /** Whether a parameter belongs to the last layer, which another number of classes replaces. */
  readonly isHead: (parameter: string) => boolean;
  /** Which layer a parameter belongs to. */
  readonly layers: LayerIds;
  /** Whether a parameter is a token or position embedding: those are not matrices that multiply. */
  readonly isEmbedding: (parameter: string) => boolean;
  /** x is [B, channels, H, W]. */
  build(scope: Scope, x: Value, options?: ClassifierOptions): ClassifierOutput;
}

type Family = (config: RawConfig, where: string) => Classifier;

/** Architectures by the `model_type` of transformers. */
const families = {
  [onnxModelType]: onnxClassifier,
  resnet: (raw, where) => {
    const config = parseConfig(resnetConfig, raw, where);
    return {
      labels: labelsOf(config),
      channels: config.num_channels,
      isHead: (name) => name.startsWith('classifier.'),
      layers: resnetLayers(config),
      isEmbedding: () => false,
      build: (scope, x, options) => resnet(scope, config, x, options),
    };
  },
  vit: (raw, where) => {
    const config = parseConfig(vitConfig, raw, where);
    return {
      labels: labelsOf(config),
      channels: config.num_channels,
      isHead: (name) => name.startsWith('classifier.'),
      layers: vitLayers(config),
      isEmbedding: (name) => /^vit\.embeddings\.(cls_token|position_embeddings)$/.test(name),
      build: (scope, x, options) => vit(scope, config, x, options),
    };
  },
} as const satisfies Record<string, Family>;

/** The classifier that a `config.json` describes. Throws `unsupported` for other architectures. */
export function classifierFrom(config: RawConfig, where: string): Classifier {
  const type = String(config['model_type']);
  const message = `${where}: model_type "${type}" is not supported`;
  return requireEntry<Family>(families, type, 'unsupported', message)(config, where);
}

/** The configuration of the same architecture for other classes. */
export function withLabels(config: RawConfig, labels: readonly string[]): RawConfig {
  const { num_labels: _count, ...rest } = config;
  return {
    ...rest,
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}
