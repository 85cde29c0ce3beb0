import { findWeights, openWeights } from '../formats/weights.ts';
import { hashFolder } from '../formats/reference.ts';
import type { RawConfig } from '../nn/config.ts';
import { basename, exists, isFolder, join, readJsonObject, readText } from '../platform/files.ts';
import {
  pipelineIndex,
  type PartName,
  type PartSource,
  type PipelineSource,
} from './pipeline-source.ts';
import { ClipTokenizer } from './tokenizer/clip-tokenizer.ts';
import type { FastTokenizer } from '../formats/tokenizer/marks.ts';

export const indexFile = 'model_index.json';

/** A pipeline as diffusers' `save_pretrained` writes it. */
export async function openPipelineFolder(folder: string): Promise<PipelineSource> {
  const path = join(folder, indexFile);
  return {
    index: pipelineIndex(await readJsonObject(path), path),
    part: (name) => readPart(folder, name),
    tokenizer: (name) => readTokenizer(join(folder, name)),
    scheduler: async () => {
      const where = join(folder, 'scheduler', 'scheduler_config.json');
      return { config: await readJsonObject(where), where };
    },
    hash: () => hashPipeline(folder),
  };
}

/** A network of a pipeline's folder. */
export async function readPart(folder: string, name: PartName): Promise<PartSource> {
  const where = join(folder, name, 'config.json');
  return {
    config: await readJsonObject(where),
    where,
    weights: () => openWeights(join(folder, name)),
  };
}

/** A tokenizer's folder. */
export async function readTokenizer(folder: string): Promise<ClipTokenizer> {
  const json = (name: string): Promise<RawConfig> => readJsonObject(join(folder, name));
  const config = await json('tokenizer_config.json');
  if (await exists(join(folder, 'tokenizer.json'))) {
    return new ClipTokenizer(
      { tokenizer: (await json('tokenizer.json')) as object as FastTokenizer, config },
      folder,
    );
  }
  return readBytePairs(folder, config);
}

/** A tokenizer by the vocabulary and merges of a folder. */
export async function readBytePairs(folder: string, config: RawConfig): Promise<ClipTokenizer> {
  return new ClipTokenizer(
    {
      vocabulary: (await readJsonObject(join(folder, 'vocab.json'))) as Record<string, number>,
      merges: await readText(join(folder, 'merges.txt')),
      config,
    },
    folder,
  );
}

const networks: readonly PartName[] = ['unet', 'vae', 'text_encoder', 'text_encoder_2'];
const others = ['scheduler', 'tokenizer', 'tokenizer_2'];
const weightsPattern =
  /\.(safetensors|bin|msgpack|h5|ckpt|pt|onnx|onnx_data)$|\.index(\.\w+)?\.json$/;

/** Of weights that lie there in several formats and precisions, those that are read count. */
async function hashPipeline(folder: string): Promise<string> {
  const read = new Set<string>();
  for (const name of networks) {
    if (!(await isFolder(join(folder, name)))) continue;
    const { path, map = {} } = await findWeights(join(folder, name));
    for (const file of [basename(path), ...Object.values(map)]) read.add(`${name}/${file}`);
  }
  const counts = (path: string): boolean => {
    const [part] = path.split('/');
    if (path === indexFile || others.includes(part)) return true;
    return networks.includes(part as PartName) && (!weightsPattern.test(path) || read.has(path));
  };
  return hashFolder(folder, counts, [...networks, ...others]);
}
