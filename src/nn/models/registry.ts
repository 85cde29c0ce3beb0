import type { z } from 'zod';
import { requireEntry } from '../../base/registry.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf, parseConfig, type RawConfig } from '../config.ts';
import type { Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { convNext, convNextConfig } from './convnext.ts';
import { deit, deitConfig } from './deit.ts';
import {
  convNextLayers,
  deitLayers,
  mobileNetV2Layers,
  resnetLayers,
  segformerLayers,
  swinLayers,
  vitLayers,
  type LayerIds,
} from './layer-ids.ts';
import { mobileNetV2, mobileNetV2Config } from './mobilenet-v2.ts';
import { onnxClassifier, onnxModelType } from './onnx/model.ts';
import { resnet, resnetConfig } from './resnet.ts';
import { segformerConfig } from './segformer-encoder.ts';
import { segformerClassifier } from './segformer.ts';
import { swin, swinConfig } from './swin.ts';
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

/** What the registry has to be told of an architecture. */
interface Definition<C extends ClassifierConfig> {
  readonly config: z.ZodType<C>;
  readonly build: (
    scope: Scope,
    config: C,
    x: Value,
    options?: ClassifierOptions,
  ) => ClassifierOutput;
  readonly layers: (config: C) => LayerIds;
  /** The last layer's parameters. Default: those of the module `classifier`. */
  readonly head?: RegExp;
  /** Token and position embeddings. Default: none. */
  readonly embeddings?: RegExp;
}

/** What every configuration of an image classifier says. */
interface ClassifierConfig {
  readonly num_channels: number;
  readonly num_labels?: number | undefined;
  readonly id2label?: Readonly<Record<string, string>> | undefined;
}

const family =
  <C extends ClassifierConfig>(definition: Definition<C>): Family =>
  (raw, where) => {
    const { head = /^classifier\./, embeddings, build, layers } = definition;
    const config = parseConfig(definition.config, raw, where);
    return {
      labels: labelsOf(config),
      channels: config.num_channels,
      isHead: (name) => head.test(name),
      layers: layers(config),
      isEmbedding: (name) => embeddings?.test(name) ?? false,
      build: (scope, x, options) => build(scope, config, x, options),
    };
  };

/** Architectures by the `model_type` of transformers. */
const families = {
  convnext: family({ config: convNextConfig, build: convNext, layers: convNextLayers }),
  deit: family({
    config: deitConfig,
    build: deit,
    layers: deitLayers,
    head: /^(?:(?:cls_|distillation_)?classifier)\./,
    embeddings: /^deit\.embeddings\.(?:cls_token|distillation_token|position_embeddings)$/,
  }),
  mobilenet_v2: family({
    config: mobileNetV2Config,
    build: mobileNetV2,
    layers: mobileNetV2Layers,
  }),
  resnet: family({ config: resnetConfig, build: resnet, layers: resnetLayers }),
  segformer: family({
    config: segformerConfig,
    build: segformerClassifier,
    layers: segformerLayers,
  }),
  swin: family({
    config: swinConfig,
    build: swin,
    layers: swinLayers,
    embeddings: /\.relative_position_bias_table$/,
  }),
  vit: family({
    config: vitConfig,
    build: vit,
    layers: vitLayers,
    embeddings: /^vit\.embeddings\.(?:cls_token|position_embeddings)$/,
  }),
  [onnxModelType]: onnxClassifier,
} as const satisfies Record<string, Family>;

/** Architectures whose configuration is transformers'. */
export type ModelType = Exclude<keyof typeof families, typeof onnxModelType>;

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
