import { z } from 'zod';
import { openWeights, type StoredWeights } from '../formats/weights.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { exists, join, readJsonObject, readText } from '../platform/files.ts';
import { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';
import type { FastTokenizer } from './tokenizer/fast-tokenizer.ts';

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

/** A pipeline as diffusers' `save_pretrained` writes it. */
export async function openPipelineFolder(folder: string): Promise<PipelineSource> {
  const path = join(folder, 'model_index.json');
  const read = async (...names: string[]): Promise<{ config: RawConfig; where: string }> => {
    const where = join(folder, ...names);
    return { config: await readJsonObject(where), where };
  };
  return {
    index: pipelineIndex(await readJsonObject(path), path),
    part: async (name) => ({
      ...(await read(name, 'config.json')),
      weights: () => openWeights(join(folder, name)),
    }),
    tokenizer: (name) => readTokenizer(join(folder, name)),
    scheduler: () => read('scheduler', 'scheduler_config.json'),
  };
}

async function readTokenizer(folder: string): Promise<ClipTokenizer> {
  const json = (name: string): Promise<RawConfig> => readJsonObject(join(folder, name));
  const config = await json('tokenizer_config.json');
  if (await exists(join(folder, 'tokenizer.json'))) {
    return new ClipTokenizer({
      tokenizer: (await json('tokenizer.json')) as object as FastTokenizer,
      config,
    });
  }
  return new ClipTokenizer({
    vocabulary: (await json('vocab.json')) as Record<string, number>,
    merges: await readText(join(folder, 'merges.txt')),
    config,
  });
}
