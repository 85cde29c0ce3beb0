import type { z } from 'zod';
import type { Value } from '../../graph/value.ts';
import { labelsOf, parseConfig, type RawConfig } from '../config.ts';
import type { Scope } from '../scope.ts';
import type { ClassifierOptions } from './classifier.ts';
import type { LayerIds } from './layer-ids.ts';

/** What training and locking have to know of what a network computes. */
export interface NetworkOutput {
  /** [B, classes] of a classifier, [B, classes, h, w] of a segmenter. */
  readonly logits: Value;
  /**
   * What goes into a last ReLU, [B, C, h, w], where logits depend on what that lets through alone.
   * Images for which it is negative everywhere have the same logits, to the last bit.
   */
  readonly beforeLastRelu?: Value;
}

/** A network of a known architecture that gives pictures classes, ready to be built. */
export interface Network<Output extends NetworkOutput = NetworkOutput> {
  /** transformers' class for it; none where that has no such model. */
  readonly architecture?: string;
  /** The classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Colours of the input. */
  readonly channels: number;
  /** What the names of all other parameters begin with, where checkpoints of the body alone lack it. */
  readonly body?: string;
  /** Whether a parameter belongs to the last layer, which another number of classes replaces. */
  readonly isHead: (parameter: string) => boolean;
  /** The axis of such a parameter that counts classes. */
  readonly classAxis: (parameter: string) => number;
  /** Why the last layer cannot be replaced, in words, where it cannot; then no parameter belongs to it. */
  readonly fixedHead?: string;
  /** Whether a parameter belongs to a part that checkpoints of the pretrained network may lack. */
  readonly isAddition: (parameter: string) => boolean;
  /** Which layer a parameter belongs to. */
  readonly layers: LayerIds;
  /** Whether a parameter is a token or position embedding: those are not matrices that multiply. */
  readonly isEmbedding: (parameter: string) => boolean;
  /** x is [B, channels, H, W]. */
  build(scope: Scope, x: Value, options?: ClassifierOptions): Output;
}

/** The network that a configuration describes. */
export type Family<Output extends NetworkOutput> = (
  config: RawConfig,
  where: string,
) => Network<Output>;

/** What a registry has to be told of an architecture. */
interface Definition<C extends LabelledConfig, Output extends NetworkOutput> {
  /** transformers' class, where it has the model. */
  readonly architecture?: string;
  readonly config: z.ZodType<C>;
  readonly build: (scope: Scope, config: C, x: Value, options?: ClassifierOptions) => Output;
  readonly layers: (config: C) => LayerIds;
  /** The prefix of the body, which checkpoints of transformers lack that are of it alone. */
  readonly body?: string;
  /** The last layer's parameters. Default: those of the module `classifier`. */
  readonly head?: RegExp;
  /** Parts that checkpoints of the pretrained network may lack. Default: none. */
  readonly additions?: RegExp;
  /** Token and position embeddings. Default: none. */
  readonly embeddings?: RegExp;
}

/** What every configuration says. */
interface LabelledConfig {
  readonly num_channels: number;
  readonly num_labels?: number | undefined;
  readonly id2label?: Readonly<Record<string, string>> | undefined;
}

export const family =
  <C extends LabelledConfig, Output extends NetworkOutput>(
    definition: Definition<C, Output>,
  ): Family<Output> =>
  (raw, where) => {
    const { architecture, body, head = /^classifier\./, additions, embeddings } = definition;
    const { build, layers } = definition;
    const config = parseConfig(definition.config, raw, where);
    return {
      architecture,
      ...(body === undefined ? {} : { body }),
      labels: labelsOf(config),
      channels: config.num_channels,
      isHead: (name) => head.test(name),
      classAxis: () => 0,
      isAddition: (name) => additions?.test(name) ?? false,
      layers: layers(config),
      isEmbedding: (name) => embeddings?.test(name) ?? false,
      build: (scope, x, options) => build(scope, config, x, options),
    };
  };
