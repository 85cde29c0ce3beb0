import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { parseConfig } from '../nn/config.ts';
import {
  clipText,
  clipTextConfig,
  clipTextName,
  clipTextWithProjection,
  type ClipTextConfig,
} from '../nn/models/clip-text.ts';
import { Scope } from '../nn/scope.ts';
import { updatesOf, type OpenedLora } from './lora/apply.ts';
import { weightsOf } from './part-weights.ts';
import type { PipelineIndex, PipelineSource } from './pipeline-source.ts';
import { ShapedModel, type Runnable, type ShapedModelOptions } from './shaped-model.ts';
import type { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';

/** A text encoder with its own tokenizer. */
export interface TextEncoder {
  readonly tokenizer: ClipTokenizer;
  /** `ids` int64 [1, T] to `states` [1, T, D] and, if the network takes it, `pooled` [1, P]. */
  readonly model: Runnable<readonly []>;
  readonly config: ClipTextConfig;
  /** Its memory is better given back than held while pictures are made. */
  readonly isLarge: boolean;
}

/** Weights of a text encoder that take about as long to map again as a picture's step. */
const manyWeights = 2 ** 25;

/**
 * The text encoders of a pipeline: one, whose states are those after its final norm; or SDXL's, one
 * or two, whose states are those before their last layer, and the last of which also has a
 * projection of the whole text (arXiv 2307.01952, section 2.1).
 */
export async function openTextEncoders(
  source: PipelineSource,
  loras: readonly OpenedLora[],
  options: ShapedModelOptions,
): Promise<readonly TextEncoder[]> {
  const names = textEncoderNames(source.index);
  const isXl = names.includes('text_encoder_2');
  const encoders: TextEncoder[] = [];
  for (const name of names)
    encoders.push(await openTextEncoder(source, name, isXl, loras, options));
  return encoders;
}

type TextEncoderName = 'text_encoder' | 'text_encoder_2';

/** The folders of a pipeline's text encoders. */
export function textEncoderNames(index: PipelineIndex): TextEncoderName[] {
  if (!isNamed(index.text_encoder_2)) return ['text_encoder'];
  return isNamed(index.text_encoder) ? ['text_encoder', 'text_encoder_2'] : ['text_encoder_2'];
}

const isNamed = (part: readonly (string | null)[] | null | undefined): boolean =>
  typeof part?.[1] === 'string';

async function openTextEncoder(
  source: PipelineSource,
  name: TextEncoderName,
  isXl: boolean,
  loras: readonly OpenedLora[],
  options: ShapedModelOptions,
): Promise<TextEncoder> {
  const isProjected = name === 'text_encoder_2';
  const tokenizer = await source.tokenizer(isProjected ? 'tokenizer_2' : 'tokenizer');
  const part = await source.part(name);
  const config = parseConfig(clipTextConfig, part.config, part.where);
  const build = () => {
    const ids = input('ids', 'int64', [1, tokenizer.maxLength]);
    if (isProjected) {
      const { hidden, embeds } = clipTextWithProjection(Scope.root(), config, { ids });
      return graphOf({ states: hidden.at(-2)!, pooled: embeds });
    }
    const { hidden, lastHiddenState } = clipText(Scope.root(), config, { ids });
    return graphOf({ states: isXl ? hidden.at(-2)! : lastHiddenState });
  };
  const weights = weightsOf(part, {
    ...(isProjected ? {} : { nameOf: clipTextName }),
    updates: (stored) => updatesOf(loras, name, stored),
  });
  const model = new ShapedModel(build, weights, options);
  return { tokenizer, config, model, isLarge: sizeOf(config) > manyWeights };
}

/** About how many weights it has: embeddings, and in each layer attention and a feed-forward network. */
function sizeOf(config: ClipTextConfig): number {
  const { vocab_size: words, hidden_size: width, intermediate_size: inner } = config;
  return width * (words + config.num_hidden_layers * (4 * width + 2 * inner));
}
