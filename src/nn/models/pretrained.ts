import { entryOf } from '../../base/registry.ts';
import type { RawConfig } from '../config.ts';

/** A network that transformers has for pretraining alone, and the classifier that has its encoder. */
interface Pretrained {
  /** What becomes of the configuration. */
  readonly classifier: RawConfig;
  /** Fields that the classifier's configuration does not have. */
  readonly fields: RegExp;
  /** Parameters of what only pretraining needs. */
  readonly parameters: RegExp;
  /** What those are, in words. */
  readonly part: string;
}

/** By `model_type`. */
const pretrained: Readonly<Record<string, Pretrained>> = {
  // The same encoder, norms and epsilon included; without masks, and by the class token.
  vit_mae: {
    classifier: { model_type: 'vit', architectures: ['ViTForImageClassification'] },
    fields: /^(?:decoder_|mask_ratio$|norm_pix_loss$)/,
    parameters: /^decoder\./,
    part: 'the decoder of its pretraining',
  },
};

/** What is read of a checkpoint. */
export interface Encoder {
  /** The configuration of a classifier. */
  readonly config: RawConfig;
  /** What the classifier leaves out, if it does. */
  readonly leftOut?: {
    /** In words. */
    readonly part: string;
    readonly has: (parameter: string) => boolean;
  };
}

/** A configuration as that of a classifier with the same encoder; most are that as they are. */
export function encoderOf(config: RawConfig): Encoder {
  const known = entryOf(pretrained, String(config['model_type']));
  if (!known) return { config };
  const { classifier, fields, parameters, part } = known;
  const kept = Object.entries(config).filter(([field]) => !fields.test(field));
  return {
    config: { ...Object.fromEntries(kept), ...classifier },
    leftOut: { part, has: (name) => parameters.test(name) },
  };
}
