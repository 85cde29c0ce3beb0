import { entryOf, requireEntry } from '../../base/registry.ts';
import type { RawConfig } from '../config.ts';
import type { ClassifierOutput } from './classifier.ts';
import { cifarResnet, cifarResnetConfig } from './cifar-resnet.ts';
import { convNext, convNextConfig } from './convnext.ts';
import { deit, deitConfig } from './deit.ts';
import {
  cifarResnetLayers,
  convNextLayers,
  deitLayers,
  meanPooledVitLayers,
  mobileNetV2Layers,
  resnetLayers,
  segformerLayers,
  swinLayers,
  vitLayers,
} from './layer-ids.ts';
import { maeVit, maeVitConfig } from './mae-vit.ts';
import { mobileNetV2, mobileNetV2Config } from './mobilenet-v2.ts';
import { family, type Family, type Network } from './network.ts';
import { onnxClassifier, onnxModelType } from './onnx/model.ts';
import { resnet, resnetConfig } from './resnet.ts';
import { segformerConfig } from './segformer-encoder.ts';
import { segformerClassifier } from './segformer.ts';
import { swin, swinConfig } from './swin.ts';
import { vit, vitConfig } from './vit.ts';

/** An image classifier of a known architecture, ready to be built. */
export type Classifier = Network<ClassifierOutput>;

/** Architectures by their `model_type`: transformers', and ours for what it does not have. */
const families = {
  cifar_resnet: family({
    config: cifarResnetConfig,
    build: cifarResnet,
    layers: cifarResnetLayers,
    head: /^(?:linear|fc)\./,
  }),
  convnext: family({
    architecture: 'ConvNextForImageClassification',
    config: convNextConfig,
    body: 'convnext',
    build: convNext,
    layers: convNextLayers,
  }),
  deit: family({
    architecture: 'DeiTForImageClassification',
    config: deitConfig,
    body: 'deit',
    build: deit,
    layers: deitLayers,
    head: /^(?:(?:cls_|distillation_)?classifier)\./,
    embeddings: /^deit\.embeddings\.(?:cls_token|distillation_token|position_embeddings)$/,
  }),
  mae_vit: family({
    config: maeVitConfig,
    build: maeVit,
    layers: meanPooledVitLayers,
    head: /^head\./,
    embeddings: /^(?:cls_token|pos_embed)$/,
  }),
  mobilenet_v2: family({
    architecture: 'MobileNetV2ForImageClassification',
    config: mobileNetV2Config,
    body: 'mobilenet_v2',
    build: mobileNetV2,
    layers: mobileNetV2Layers,
  }),
  resnet: family({
    architecture: 'ResNetForImageClassification',
    config: resnetConfig,
    body: 'resnet',
    build: resnet,
    layers: resnetLayers,
  }),
  segformer: family({
    architecture: 'SegformerForImageClassification',
    config: segformerConfig,
    body: 'segformer',
    build: segformerClassifier,
    layers: segformerLayers,
  }),
  swin: family({
    architecture: 'SwinForImageClassification',
    config: swinConfig,
    body: 'swin',
    build: swin,
    layers: swinLayers,
    embeddings: /\.(?:relative_position_bias_table|position_embeddings)$/,
  }),
  vit: family({
    architecture: 'ViTForImageClassification',
    config: vitConfig,
    body: 'vit',
    build: vit,
    layers: vitLayers,
    embeddings: /^vit\.embeddings\.(?:cls_token|position_embeddings)$/,
  }),
  [onnxModelType]: onnxClassifier,
} as const satisfies Record<string, Family<ClassifierOutput>>;

/** Architectures whose configuration is a list of sizes. */
export type ModelType = Exclude<keyof typeof families, typeof onnxModelType>;

/** Whether the architecture of a `config.json` is one of these. */
export const isClassifier = (config: RawConfig): boolean =>
  entryOf<Family<ClassifierOutput>>(families, String(config['model_type'])) !== undefined;

/** The classifier that a `config.json` describes. Throws `unsupported` for other architectures. */
export function classifierFrom(config: RawConfig, where: string): Classifier {
  const type = String(config['model_type']);
  const message = `${where}: model_type "${type}" is not supported`;
  return requireEntry<Family<ClassifierOutput>>(
    families,
    type,
    'unsupported',
    message,
  )(config, where);
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
