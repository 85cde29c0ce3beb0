import type { RawConfig } from '../config.ts';
import type { Network } from './network.ts';
import { classifierFrom, isClassifier } from './registry.ts';
import { isSegmenter, segmenterFrom } from './segmenters.ts';

/** The network that a `config.json` describes. Throws `unsupported` for other architectures. */
export const networkFrom = (config: RawConfig, where: string): Network =>
  (isSegmenter(config) ? segmenterFrom : classifierFrom)(config, where);

/** Whether the architecture of a `config.json` is a known one. */
export const isKnown = (config: RawConfig): boolean => isSegmenter(config) || isClassifier(config);
