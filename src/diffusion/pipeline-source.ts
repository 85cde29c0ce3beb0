import { z } from 'zod';
import type { StoredWeights } from '../formats/weights.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import type { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';

/** A network of a pipeline. */
export interface PartSource {
  readonly config: RawConfig;
  /** The file of its configuration, for errors. */
  readonly where: string;
  weights(): Promise<StoredWeights>;
}

export type PartName = 'unet' | 'vae' | 'text_encoder' | 'text_encoder_2';
export type TokenizerName = 'tokenizer' | 'tokenizer_2';

/** Where the parts of a pipeline come from. Each throws `not-found` or `corrupt`, naming the file. */
export interface PipelineSource {
  /** What diffusers keeps as `model_index.json`. */
  readonly index: PipelineIndex;
  part(name: PartName): Promise<PartSource>;
  tokenizer(name: TokenizerName): Promise<ClipTokenizer>;
  scheduler(): Promise<{ readonly config: RawConfig; readonly where: string }>;
  /** SHA-256 of all that the parts are read from. */
  hash(): Promise<string>;
}

/** A part that is left out is null, or a pair of nulls. */
const part = z.tuple([z.string().nullable(), z.string().nullable()]).nullish();

const indexSchema = z.object({
  _class_name: z.string(),
  text_encoder: part,
  text_encoder_2: part,
  /** Whether the empty prompt of guidance is zeros instead of what it is encoded as: SDXL's. */
  force_zeros_for_empty_prompt: z.boolean().optional(),
});
export type PipelineIndex = z.output<typeof indexSchema>;

/** Reads a `model_index.json`. Throws `corrupt`. */
export function pipelineIndex(json: RawConfig, where: string): PipelineIndex {
  return parseConfig(indexSchema, json, where);
}
