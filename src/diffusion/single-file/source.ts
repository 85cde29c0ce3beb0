import { ModelLockError } from '../../base/error.ts';
import type { JobOptions } from '../../base/job.ts';
import { tokenizerLayout } from '../../formats/hub/layouts.ts';
import { hubSettings } from '../../formats/hub/settings.ts';
import { openSnapshot } from '../../formats/hub/snapshot.ts';
import { hashFolder } from '../../formats/reference.ts';
import { sha256 } from '../../platform/crypto.ts';
import { dirname, hashFile, isFolder, join } from '../../platform/files.ts';
import { readBytePairs, readPart, readTokenizer } from '../pipeline-folder.ts';
import type { PartName, PartSource, PipelineSource, TokenizerName } from '../pipeline-source.ts';
import type { ClipTokenizer } from '../tokenizer/clip-tokenizer.ts';
import { openSingleFile, type SingleFile } from './open.ts';

/**
 * A pipeline in one file of the original layout. Parts that are not in it are read from the folders
 * of diffusers beside it; a tokenizer that is not there either is CLIP's, from the hub.
 */
export async function openPipelineFile(
  path: string,
  job: JobOptions = {},
): Promise<PipelineSource> {
  const file = await openSingleFile(path);
  const folder = dirname(path);
  const isXl = file.family === 'sdxl';
  return {
    index: {
      _class_name: file.pipeline,
      text_encoder: ['transformers', 'CLIPTextModel'],
      ...(isXl ? { text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'] } : {}),
    },
    part: async (name) => partOf(file, name) ?? (await partBeside(folder, name, path)),
    tokenizer: async (name) =>
      (await isFolder(join(folder, name)))
        ? readTokenizer(join(folder, name))
        : hubTokenizer(padOf(file, name), job),
    scheduler: () => Promise.resolve({ config: file.scheduler, where: path }),
    hash: async () =>
      sha256(
        JSON.stringify([await hashFile(path), await hashBeside(folder, file), file.scheduler]),
      ),
  };
}

function partOf({ components, path }: SingleFile, name: PartName): PartSource | undefined {
  const component = components.get(name);
  if (!component) return undefined;
  const { config, tensors } = component;
  return { config, where: `${path} (${name})`, weights: () => Promise.resolve({ tensors, path }) };
}

function partBeside(folder: string, name: PartName, path: string): Promise<PartSource> {
  return readPart(folder, name).catch((error: unknown) => {
    if (!(error instanceof ModelLockError) || error.code !== 'not-found') throw error;
    throw new ModelLockError('not-found', `${path} has no ${name}, and ${error.message}`, {
      cause: error,
    });
  });
}

/** What stands beside the file and is read. */
function hashBeside(folder: string, { components }: SingleFile): Promise<string> {
  const parts = ['vae', 'text_encoder', 'text_encoder_2'].filter((name) => !components.has(name));
  const read = [...parts, 'tokenizer', 'tokenizer_2'];
  const counts = (path: string): boolean => path.includes('/') && read.includes(path.split('/')[0]);
  return hashFolder(folder, counts, read);
}

/** OpenCLIP's text encoders were trained with another padding than CLIP's own. */
function padOf({ family }: SingleFile, name: TokenizerName): string {
  return family === 'sd2' || name === 'tokenizer_2' ? '!' : '<|endoftext|>';
}

/** All Stable Diffusion models share its vocabulary. */
const vocabularyOf = { repository: 'openai/clip-vit-large-patch14', revision: 'main' };

async function hubTokenizer(padToken: string, job: JobOptions): Promise<ClipTokenizer> {
  const wanted = { layout: tokenizerLayout };
  const { folder } = await openSnapshot(vocabularyOf, wanted, await hubSettings(), job);
  return readBytePairs(folder, { model_max_length: 77, pad_token: padToken });
}
