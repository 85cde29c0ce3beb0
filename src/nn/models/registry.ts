import { requireEntry } from '../../base/registry.ts';
import type { RawConfig } from '../config.ts';
import type { ClassifierOutput } from './classifier.ts';
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
} from './layer-ids.ts';
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
} as const satisfies Record<string, Family<ClassifierOutput>>;

/** Architectures whose configuration is transformers'. */
export type ModelType = Exclude<keyof typeof families, typeof onnxModelType>;

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
