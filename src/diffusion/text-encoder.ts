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
import { weightsOf } from './part-weights.ts';
import type { PipelineSource } from './pipeline-source.ts';
import { ShapedModel, type Runnable, type ShapedModelOptions } from './shaped-model.ts';
import type { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';

/** A text encoder with its own tokenizer. */
export interface TextEncoder {
  readonly tokenizer: ClipTokenizer;
  /** `ids` int64 [1, T] to `states` [1, T, D] and, if the network takes it, `pooled` [1, P]. */
  readonly model: Runnable<readonly []>;
  readonly config: ClipTextConfig;
}

/**
 * The text encoders of a pipeline: one, whose states are those after its final norm; or SDXL's, one
 * or two, whose states are those before their last layer, and the last of which also has a
 * projection of the whole text (arXiv 2307.01952, section 2.1).
 */
export async function openTextEncoders(
  source: PipelineSource,
  options: ShapedModelOptions,
): Promise<readonly TextEncoder[]> {
  if (!isNamed(source.index.text_encoder_2)) {
    return [await openTextEncoder(source, '', false, options)];
  }
  return [
    ...(isNamed(source.index.text_encoder)
      ? [await openTextEncoder(source, '', true, options)]
      : []),
    await openTextEncoder(source, '_2', true, options),
  ];
}

const isNamed = (part: readonly (string | null)[] | null | undefined): boolean =>
  typeof part?.[1] === 'string';

async function openTextEncoder(
  source: PipelineSource,
  suffix: '' | '_2',
  isXl: boolean,
  options: ShapedModelOptions,
): Promise<TextEncoder> {
  const tokenizer = await source.tokenizer(`tokenizer${suffix}`);
  const part = await source.part(`text_encoder${suffix}`);
  const config = parseConfig(clipTextConfig, part.config, part.where);
  const isProjected = suffix === '_2';
  const build = () => {
    const ids = input('ids', 'int64', [1, tokenizer.maxLength]);
    if (isProjected) {
      const { hidden, embeds } = clipTextWithProjection(Scope.root(), config, { ids });
      return graphOf({ states: hidden.at(-2)!, pooled: embeds });
    }
    const { hidden, lastHiddenState } = clipText(Scope.root(), config, { ids });
    return graphOf({ states: isXl ? hidden.at(-2)! : lastHiddenState });
  };
  const nameOf = isProjected ? undefined : clipTextName;
  return { tokenizer, config, model: new ShapedModel(build, weightsOf(part, nameOf), options) };
}
