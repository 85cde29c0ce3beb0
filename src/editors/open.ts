import { z } from 'zod';
import type { JobOptions } from '../base/job.ts';
import { requireEntry } from '../base/registry.ts';
import { openComponents, pipelineClass } from '../diffusion/components.ts';
import { hashFolder, resolveReference } from '../formats/reference.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { exists, join, readJsonObject } from '../platform/files.ts';
import type { EditOptions, EditorIdentity } from './editor.ts';
import { InstructPix2PixEditor } from './instruct-pix2pix/editor.ts';

/** The paper's settings for InstructPix2Pix (arXiv 2405.16285, section 4). */
const paperOptions: EditOptions = {
  steps: 5,
  guidance: 4.5,
  imageGuidance: 1.5,
  size: 256,
  alpha: 0.5,
  seed: 1024,
  batch: 8,
};

/** Beside `model_index.json`: what this editor is best used with. */
const optionsFile = 'modellock-editor.json';

const optionsSchema = z.object({
  version: z.string().nullable().default(null),
  steps: z.number().default(paperOptions.steps),
  guidance: z.number().default(paperOptions.guidance),
  imageGuidance: z.number().default(paperOptions.imageGuidance),
  size: z.number().nullable().default(paperOptions.size),
  alpha: z.number().default(paperOptions.alpha),
  seed: z.number().default(paperOptions.seed),
  batch: z.number().default(paperOptions.batch),
});

/** `signal` and `onProgress` are for what has to be downloaded first. */
export interface OpenEditorOptions extends JobOptions {
  readonly threads?: number;
}

type Open = (
  folder: string,
  identity: EditorIdentity,
  defaults: EditOptions,
  options: OpenEditorOptions,
) => Promise<InstructPix2PixEditor>;

/** Editors by the class of their pipeline. */
const editors = {
  StableDiffusionInstructPix2PixPipeline: async (folder, identity, defaults, options) =>
    new InstructPix2PixEditor(await openComponents(folder, options), identity, defaults),
} as const satisfies Record<string, Open>;

/** What opens the pipeline of a `model_index.json`. Throws `unsupported` for what is no editor. */
function openerOf(index: RawConfig, where: string): Open {
  const pipeline = pipelineClass(index, where);
  const message = `${where}: pipeline "${pipeline}" is no editor`;
  return requireEntry<Open>(editors, pipeline, 'unsupported', message);
}

/** The editor of a reference. Throws `not-found`, `corrupt` or `unsupported`. */
export async function openEditor(
  reference: string,
  { signal, onProgress, ...options }: OpenEditorOptions = {},
): Promise<InstructPix2PixEditor> {
  const found = await resolveReference(reference, 'editor', {
    signal,
    onProgress,
    accept: openerOf,
  });
  const { folder } = found;
  const index = join(folder, 'model_index.json');
  const open = openerOf(await readJsonObject(index), index);
  const path = join(folder, optionsFile);
  const raw = (await exists(path)) ? await readJsonObject(path) : {};
  const { version, ...defaults } = parseConfig(optionsSchema, raw, path);
  const identity = {
    reference: found.reference,
    name: found.name,
    version,
    hash: await hashFolder(folder, ['README.md', optionsFile]),
  };
  return open(folder, identity, defaults, options);
}
