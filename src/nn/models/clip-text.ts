import { z } from 'zod';
import { add, equal, mul, where } from '../../graph/ops/binary/ops.ts';
import { cast } from '../../graph/ops/elementwise/ops.ts';
import { unsqueeze } from '../../graph/ops/movement/shape-ops.ts';
import { argMax, reduceSum } from '../../graph/ops/reduction/ops.ts';
import { constant, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';
import { layers, positive } from '../config.ts';
import { attendedTokens } from '../layers/attention.ts';
import { embedding, layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import { clipEncoder } from './clip-encoder.ts';

/** transformers' CLIPTextConfig. */
export const clipTextConfig = z.object({
  vocab_size: positive,
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: layers,
  num_attention_heads: positive,
  max_position_embeddings: positive.default(77),
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().default(1e-5),
  eos_token_id: z.number().int().default(2),
  projection_dim: positive.default(512),
});
export type ClipTextConfig = z.output<typeof clipTextConfig>;

export interface ClipTextOutput {
  /** After the final norm, [B, T, D]. */
  readonly lastHiddenState: Value;
  /** At the end-of-text token, [B, D]. */
  readonly pooled: Value;
  /** The embeddings, then what comes out of each layer. */
  readonly hidden: readonly Value[];
}

export interface ClipTextInputs {
  /** int64 [B, T] */
  readonly ids: Value;
  /** int64 [B, T], 1 for tokens and 0 for padding. Default: all are attended to. */
  readonly mask?: Value;
}

/** CLIPTextModel of transformers (arXiv 2103.00020): a causal transformer over tokens. */
export function clipText(
  scope: Scope,
  config: ClipTextConfig,
  { ids, mask }: ClipTextInputs,
): ClipTextOutput {
  const width = config.hidden_size;
  const at = scope.within('embeddings');
  const tokens = embedding(at.within('token_embedding'), ids, config.vocab_size, width);
  const positions = embedding(
    at.within('position_embedding'),
    placesOf(ids),
    config.max_position_embeddings,
    width,
  );
  const hidden = clipEncoder(scope.within('encoder'), config, add(tokens, positions), {
    causal: true,
    mask: mask && attendedTokens(mask),
  });
  const last = hidden.at(-1)!; // [B, T, D]
  const lastHiddenState = layerNorm(scope.within('final_layer_norm'), last, config.layer_norm_eps);
  return { lastHiddenState, pooled: poolAtEnd(lastHiddenState, ids, config), hidden };
}

/** A parameter's name in a CLIPTextModel of today; published ones have a prefix. */
export function clipTextName(name: string): string {
  return name.replace(/^text_model\./, '');
}

/** CLIPTextModelWithProjection: `embeds` is [B, projection_dim]. */
export function clipTextWithProjection(
  scope: Scope,
  config: ClipTextConfig,
  inputs: ClipTextInputs,
): ClipTextOutput & { readonly embeds: Value } {
  const output = clipText(scope.within('text_model'), config, inputs);
  const embeds = linear(scope.within('text_projection'), output.pooled, config.projection_dim, {
    bias: false,
    init: normal(0.02),
  });
  return { ...output, embeds };
}

/**
 * The state at the end of the text. Published checkpoints say `eos_token_id: 2`, which is not
 * their end token: for them it is the largest id, otherwise the first that equals the end token.
 */
function poolAtEnd(states: Value, ids: Value, config: ClipTextConfig): Value {
  const isEnd = equal(ids, constant(int64([], [config.eos_token_id])));
  const marks = config.eos_token_id === 2 ? ids : cast(isEnd, 'int32');
  const end = argMax(marks, 1, true); // [B, 1]
  const chosen = where(equal(placesOf(ids), end), 1, 0); // [B, T]
  return reduceSum(mul(states, unsqueeze(chosen, [2])), { axes: [1] });
}

/** 0, 1, 2, ... for the tokens of ids [B, T]: [1, T]. */
const placesOf = ({ shape: [, length] }: Value): Value =>
  constant(int64([1, Number(length)], [...new Array(Number(length)).keys()]));
