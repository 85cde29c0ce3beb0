import { requireEntry } from '../../base/registry.ts';
import type { RawConfig } from '../config.ts';
import { resnetLayers, segformerLayers } from './layer-ids.ts';
import { family, type Family, type Network } from './network.ts';
import { onnxModelType, onnxSegmenter } from './onnx/model.ts';
import { resnetUNet, resnetUNetConfig, resnetUNetType } from './resnet-unet.ts';
import { segformerConfig } from './segformer-encoder.ts';
import { segformer } from './segformer.ts';
import type { SegmenterOutput } from './segmenter.ts';

/** A segmenter of a known architecture, ready to be built. */
export type Segmenter = Network<SegmenterOutput>;

const head = /^decode_head\.classifier\./;
const additions = /^decode_head\./;

/** Architectures by their `model_type`. */
const families = {
  segformer: family({
    architecture: 'SegformerForSemanticSegmentation',
    config: segformerConfig,
    body: 'segformer',
    build: segformer,
    layers: segformerLayers,
    head,
    additions,
  }),
  [resnetUNetType]: family({
    config: resnetUNetConfig,
    body: 'resnet',
    build: resnetUNet,
    layers: resnetLayers,
    head,
    additions,
  }),
  [onnxModelType]: onnxSegmenter,
} as const satisfies Record<string, Family<SegmenterOutput>>;

/** The segmenter that a `config.json` describes. Throws `unsupported` for other architectures. */
export function segmenterFrom(config: RawConfig, where: string): Segmenter {
  const type = String(config['model_type']);
  const message = `${where}: model_type "${type}" has no segmenter`;
  return requireEntry<Family<SegmenterOutput>>(
    families,
    type,
    'unsupported',
    message,
  )(config, where);
}

/** What configurations call segmenters in `architectures`. */
const named = /ForSemanticSegmentation$/;

/** Whether a configuration is of a network that gives every pixel a class. */
export function isSegmenter({ model_type: type, architectures }: RawConfig): boolean {
  const [name] = Array.isArray(architectures) ? (architectures as unknown[]) : [];
  return type === resnetUNetType || (typeof name === 'string' && named.test(name));
}

/**
 * The configuration of a segmenter with this network for an encoder; that of a segmenter as it is.
 * Throws `unsupported` where nothing is made of the architecture.
 */
export function segmenterConfig(config: RawConfig, where: string): RawConfig {
  if (isSegmenter(config)) return config;
  const type = String(config['model_type']);
  const message = `${where}: of model_type "${type}" no segmenter can be made`;
  return {
    ...config,
    ...requireEntry<Partial<RawConfig>>(encoders, type, 'unsupported', message),
  };
}

/** Networks that encode pictures for segmenters, and what makes one of their configuration. */
const encoders = {
  resnet: { model_type: resnetUNetType, architectures: ['ResNetUNetForSemanticSegmentation'] },
  segformer: { architectures: ['SegformerForSemanticSegmentation'] },
} as const satisfies Record<string, Partial<RawConfig>>;
