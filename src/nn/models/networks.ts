import type { RawConfig } from '../config.ts';
import type { Network } from './network.ts';
import { classifierFrom } from './registry.ts';
import { isSegmenter, segmenterFrom } from './segmenters.ts';

/** The network that a `config.json` describes. Throws `unsupported` for other architectures. */
export const networkFrom = (config: RawConfig, where: string): Network =>
  (isSegmenter(config) ? segmenterFrom : classifierFrom)(config, where);
