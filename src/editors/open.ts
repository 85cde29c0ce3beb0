import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { requireEntry } from '../base/registry.ts';
import { openComponents, type Components } from '../diffusion/components.ts';
import { indexFile, openPipelineFolder } from '../diffusion/pipeline-folder.ts';
import {
  pipelineIndex,
  type PipelineIndex,
  type PipelineSource,
} from '../diffusion/pipeline-source.ts';
import { openPipelineFile } from '../diffusion/single-file/source.ts';
import { resolveReference, type Resolved } from '../formats/reference.ts';
import type { KeyKind } from '../key/kind.ts';
import { requireDevice } from '../runtime/device.ts';
import type { Precision } from '../runtime/session.ts';
import { parseConfig } from '../nn/config.ts';
import { sha256 } from '../platform/crypto.ts';
import { exists, hashFile, join, readJsonObject } from '../platform/files.ts';
import { DiffusionEditor } from './diffusion/editor.ts';
import type { DiffusionMethod } from './diffusion/method.ts';
import type { EditOptions } from './editor.ts';
import type { ImageEditor } from './image/editor.ts';
import { maskMethod } from './inpaint/mask.ts';
import { pipelineMethods, type PipelineMethods } from './pipelines.ts';
import type { EditorPlace, EditorSetup } from './setup.ts';

/** Beside `model_index.json`: what this editor is best used with. */
const optionsFile = 'modellock-editor.json';

const optionsSchema = z
  .object({
    version: z.string().nullable(),
    steps: z.number(),
    guidance: z.number(),
    imageGuidance: z.number(),
    size: z.number().nullable(),
    alpha: z.number(),
    seed: z.number(),
    batch: z.number(),
    strength: z.number(),
  })
  .partial();

/** `signal` and `onProgress` are for what has to be downloaded first. */
export type OpenEditorOptions = JobOptions & EditorSetup & EditorPlace;

/** What a pipeline of a `model_index.json` can do. Throws `unsupported` for what is no editor. */
function methodsOf({ _class_name: pipeline }: PipelineIndex, where: string): PipelineMethods {
  const message = `${where}: pipeline "${pipeline}" is no editor`;
  return requireEntry<PipelineMethods>(pipelineMethods, pipeline, 'unsupported', message);
}

/** A pipeline that can edit, opened; none of its weights has been read. */
export interface EditingPipeline {
  readonly found: Resolved;
  readonly source: PipelineSource;
  readonly methods: PipelineMethods;
  /** The file that says so, for errors. */
  readonly where: string;
  /** null where its folder does not say. */
  readonly version: string | null;
  /** What its folder says it is best used with. */
  readonly settings: Partial<EditOptions>;
}

/** The pipeline of a reference. Throws `not-found`, `corrupt` or `unsupported`. */
export async function openPipeline(
  reference: string,
  { signal, onProgress }: JobOptions = {},
): Promise<EditingPipeline> {
  const found = await resolveReference(reference, 'editor', {
    signal,
    onProgress,
    accept: (json, where) => methodsOf(pipelineIndex(json, where), where),
  });
  const { folder, file } = found;
  const source = file
    ? await openPipelineFile(file, { signal, onProgress })
    : await openPipelineFolder(folder);
  const methods = methodsOf(source.index, file ?? join(folder, indexFile));
  const where = join(folder, optionsFile);
  const raw = (await exists(where)) ? await readJsonObject(where) : {};
  const { version = null, ...settings } = parseConfig(optionsSchema, raw, where);
  return { found, source, methods, where, version, settings };
}

/**
 * The editor of a reference. Throws as `openPipeline` does, and `usage` for a kind of keys that it
 * does not do.
 */
export async function openEditor(
  reference: string,
  options: OpenEditorOptions = {},
): Promise<ImageEditor> {
  const { threads, device = 'cpu', precision = 'float32', loras = [] } = options;
  await requireDevice(device);
  const opened = await openPipeline(reference, options);
  const { found, source, methods, where, version, settings } = opened;
  const { keyKind, method } = methodFor(methods, options.kind, reference);
  const components = await openComponents(source, { threads, device, precision, loras });
  requireChannels(method, components, found.file ?? join(found.folder, 'unet'));
  const content = await source.hash();
  const added: [string, number][] = [];
  for (const { path: file, weight } of loras) added.push([await hashFile(file), weight]);
  const identity = {
    reference: found.reference,
    name: found.name,
    version,
    hash: hashOf(content, keyKind, precision, added),
  };
  const defaults = { ...method.defaults, ...settings };
  const editor = new DiffusionEditor({
    components,
    method,
    keyKind,
    precision,
    loras,
    identity,
    defaults,
  });
  requireDefaults(editor, where);
  return editor;
}

/** Throws `corrupt`, naming the file, for settings of an editor's folder that no edit can be made with. */
function requireDefaults(editor: ImageEditor, path: string): void {
  try {
    editor.settingsOf();
  } catch (error) {
    if (!(error instanceof ModelLockError) || error.code !== 'usage') throw error;
    throw new ModelLockError('corrupt', `${path}: ${error.message}`, { cause: error });
  }
}

/** The hash of all that an edit depends on, made from that of the folder. */
function hashOf(
  content: string,
  kind: KeyKind,
  precision: Precision,
  loras: readonly (readonly [hash: string, weight: number])[],
): string {
  const further = [
    ...(kind === 'object' ? ['object', maskMethod] : []),
    ...(precision === 'float32' ? [] : [precision]),
    ...loras,
  ];
  return further.length === 0 ? content : sha256(JSON.stringify([...further, content]));
}

function methodFor(
  methods: PipelineMethods,
  wanted: KeyKind | undefined,
  reference: string,
): { readonly keyKind: KeyKind; readonly method: DiffusionMethod } {
  const kinds = Object.keys(methods) as KeyKind[];
  const [keyKind] = wanted === undefined ? kinds : [wanted];
  const method = methods[keyKind];
  if (method) return { keyKind, method };
  throw new ModelLockError('usage', `the editor ${reference} has no ${keyKind} keys`, {
    valid: kinds,
  });
}

/** Throws `unsupported` for a U-Net that takes other inputs than its pipeline gives it. */
function requireChannels(
  method: DiffusionMethod,
  { unetConfig, autoencoder }: Components,
  where: string,
): void {
  const valid = method.unetChannels(autoencoder.channels);
  if (valid.includes(unetConfig.in_channels)) return;
  throw new ModelLockError('unsupported', `${where} has ${unetConfig.in_channels} input channels`, {
    valid,
  });
}
