import type { Tensor } from '../tensor/tensor.ts';
import { joinBatches, repeatBatch } from './latents.ts';

/** What a network is told of a batch of prompts. */
export interface TextStates {
  /** Of each token, [B, T, D]. */
  readonly states: Tensor<'float32'>;
  /** Of the whole prompt, [B, P]; for networks that take it (SDXL's). */
  readonly pooled?: Tensor<'float32'>;
}

/** Batches of prompts, one after the other, as one. */
export function joinTexts(texts: readonly TextStates[]): TextStates {
  const pooled = texts.flatMap((text) => text.pooled ?? []);
  return {
    states: joinBatches(texts.map(({ states }) => states)),
    ...(pooled.length > 0 ? { pooled: joinBatches(pooled) } : {}),
  };
}

/** One prompt for all of a batch; a batch of that size as it is. */
export function repeatText({ states, pooled }: TextStates, batch: number): TextStates {
  return {
    states: repeatBatch(states, batch),
    ...(pooled ? { pooled: repeatBatch(pooled, batch) } : {}),
  };
}
