import type { RawConfig } from '../config.ts';
import type { Network } from './network.ts';
import { encoderOf } from './pretrained.ts';
import { classifierFrom, isClassifier } from './registry.ts';
import { isSegmenter, segmenterFrom } from './segmenters.ts';

/** The network that a `config.json` describes. Throws `unsupported` for other architectures. */
export function networkFrom(raw: RawConfig, where: string): Network {
  const { config } = encoderOf(raw);
  return (isSegmenter(config) ? segmenterFrom : classifierFrom)(config, where);
}

/** Whether the architecture of a `config.json` is a known one. */
export const isKnown = (config: RawConfig): boolean =>
  isSegmenter(config) || isClassifier(encoderOf(config).config);
