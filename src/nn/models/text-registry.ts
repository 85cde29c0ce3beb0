import type { z } from 'zod';
import { entryOf, requireEntry } from '../../base/registry.ts';
import { labelsOf, parseConfig, type RawConfig } from '../config.ts';
import type { Scope } from '../scope.ts';
import { bert, bertConfig } from './bert.ts';
import { distilBert, distilBertConfig } from './distilbert.ts';
import { bertLayers, distilBertLayers, type LayerIds } from './layer-ids.ts';
import type { TextClassifierOutput, TextInputs } from './text-classifier.ts';

/** A text classifier of a known architecture, ready to be built. */
export interface TextClassifier {
  /** transformers' class for it. */
  readonly architecture: string;
  /** The classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Tokens of a text at most. */
  readonly maxTokens: number;
  /** Rows of its table of tokens: every id is below. */
  readonly vocabulary: number;
  /** Whether a parameter belongs to the head, which a model for other classes has new. */
  readonly isHead: (parameter: string) => boolean;
  /** Whether a parameter belongs to a part that checkpoints of the pretrained network may lack. */
  readonly isAddition: (parameter: string) => boolean;
  /** What the names of all other parameters begin with; checkpoints of the body alone lack it. */
  readonly body: string;
  /** Which layer a parameter belongs to. */
  readonly layers: LayerIds;
  /** Whether a parameter is a table of embeddings: those are not matrices that multiply. */
  readonly isEmbedding: (parameter: string) => boolean;
  build(scope: Scope, inputs: TextInputs): TextClassifierOutput;
}

/** What the configurations of all architectures say. */
interface TextConfig {
  readonly max_position_embeddings: number;
  readonly vocab_size: number;
  readonly num_labels?: number | undefined;
  readonly id2label?: Readonly<Record<string, string>> | undefined;
}

interface Definition<C extends TextConfig> {
  readonly architecture: string;
  readonly config: z.ZodType<C>;
  readonly build: (scope: Scope, config: C, inputs: TextInputs) => TextClassifierOutput;
  readonly layers: (config: C) => LayerIds;
  readonly head: RegExp;
  /** Default: none. */
  readonly additions?: RegExp;
  readonly body: string;
}

type Family = (config: RawConfig, where: string) => TextClassifier;

const family =
  <C extends TextConfig>(definition: Definition<C>): Family =>
  (raw, where) => {
    const { architecture, head, additions, body, build } = definition;
    const config = parseConfig(definition.config, raw, where);
    return {
      architecture,
      labels: labelsOf(config),
      maxTokens: config.max_position_embeddings,
      vocabulary: config.vocab_size,
      isHead: (name) => head.test(name),
      isAddition: (name) => additions?.test(name) ?? false,
      body,
      layers: definition.layers(config),
      isEmbedding: (name) => name.endsWith('_embeddings.weight'),
      build: (scope, inputs) => build(scope, config, inputs),
    };
  };

/** Architectures by the `model_type` of transformers. */
const families = {
  bert: family({
    architecture: 'BertForSequenceClassification',
    config: bertConfig,
    build: bert,
    layers: bertLayers,
    head: /^classifier\./,
    // What was pretrained on masked words alone.
    additions: /^bert\.pooler\./,
    body: 'bert',
  }),
  distilbert: family({
    architecture: 'DistilBertForSequenceClassification',
    config: distilBertConfig,
    build: distilBert,
    layers: distilBertLayers,
    // Pretrained checkpoints have neither of the two.
    head: /^(?:pre_)?classifier\./,
    body: 'distilbert',
  }),
} as const satisfies Record<string, Family>;

/** Whether the architecture of a `config.json` is one of these. */
export const isTextModel = (config: RawConfig): boolean =>
  entryOf<Family>(families, String(config['model_type'])) !== undefined;

/** The text classifier that a `config.json` describes. Throws `unsupported` for other architectures. */
export function textClassifierFrom(config: RawConfig, where: string): TextClassifier {
  const type = String(config['model_type']);
  const message = `${where}: model_type "${type}" is not supported for texts`;
  return requireEntry<Family>(families, type, 'unsupported', message)(config, where);
}
