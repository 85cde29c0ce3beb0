import { ModelLockError } from '../../base/error.ts';
import { entryOf } from '../../base/registry.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf, parseConfig, type RawConfig } from '../config.ts';
import type { Scope } from '../scope.ts';
import type { ClassifierOutput } from './classifier.ts';
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
  /** x is [B, channels, H, W]. */
  build(scope: Scope, x: Value): ClassifierOutput;
}

type Family = (config: RawConfig, where: string) => Classifier;

/** Architectures by the `model_type` of transformers. */
const families = {
  resnet: (raw, where) => {
    const config = parseConfig(resnetConfig, raw, where);
    return {
      labels: labelsOf(config),
      channels: config.num_channels,
      isHead: (name) => name.startsWith('classifier.'),
      build: (scope, x) => resnet(scope, config, x),
    };
  },
  vit: (raw, where) => {
    const config = parseConfig(vitConfig, raw, where);
    return {
      labels: labelsOf(config),
      channels: config.num_channels,
      isHead: (name) => name.startsWith('classifier.'),
      build: (scope, x) => vit(scope, config, x),
    };
  },
} as const satisfies Record<string, Family>;

/** The classifier that a `config.json` describes. Throws `unsupported` for other architectures. */
export function classifierFrom(config: RawConfig, where: string): Classifier {
  const type = String(config['model_type']);
  const family = entryOf<Family>(families, type);
  if (!family) {
    throw new ModelLockError('unsupported', `${where}: model_type "${type}" is not supported`, {
      valid: Object.keys(families),
    });
  }
  return family(config, where);
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
