import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { hashFolder, resolveReference, type Resolved } from '../formats/reference.ts';
import { hasWeights } from '../formats/weights.ts';
import { isTimmConfig, requireTimmArchitecture } from '../nn/bare/timm-config.ts';
import type { RawConfig } from '../nn/config.ts';
import { isKnown, networkFrom } from '../nn/models/networks.ts';
import { isTextModel, textClassifierFrom } from '../nn/models/text-registry.ts';
import { exists, hashFile, join, readJsonObject } from '../platform/files.ts';
import { sha256 } from '../platform/crypto.ts';
import { textTask } from '../tasks/task.ts';
import { configFile, readCheckpoint, type ModelCheckpoint } from './checkpoint.ts';
import type { ModelOptions, OpenModelOptions } from './model-options.ts';
import { readOnnxClassifier } from './onnx-checkpoint.ts';
import { readTimmFolder, readWeightsFile } from './weights-checkpoint.ts';

/** What a manifest keeps of a model or an editor. */
export interface Versioned {
  readonly reference: string;
  readonly name: string;
  readonly version: string | null;
  readonly hash: string;
}

/** Where the classifier of a reference lies, of pictures or of texts; an architecture that is unknown is not downloaded. */
export const resolveCheckpoint = (
  reference: string,
  { signal, onProgress }: JobOptions = {},
): Promise<Resolved> => resolveReference(reference, 'backbone', { signal, onProgress, accept });

/** Throws `unsupported` for a configuration of an architecture that is not supported. */
function accept(config: RawConfig, where: string): void {
  if (isTimmConfig(config)) requireTimmArchitecture(config, where);
  else if (isTextModel(config)) textClassifierFrom(config, where);
  else networkFrom(config, where);
}

/** A checkpoint, and the files that it is of. */
interface Read {
  readonly checkpoint: ModelCheckpoint;
  /** `undefined`: all of its folder. */
  readonly files?: readonly string[];
}

/** Whether what was found is a text classifier. */
export async function isTextClassifier({ folder, file }: Resolved): Promise<boolean> {
  const path = join(folder, configFile);
  return file === undefined && (await exists(path)) && isTextModel(await readJsonObject(path));
}

/**
 * Reads a classifier of pictures from a folder of transformers or timm, an ONNX file, or a file of
 * weights alone. Throws `usage` for one of texts.
 */
export async function readResolved(
  found: Resolved,
  { modelOptions, onNotice }: OpenModelOptions = {},
): Promise<Read> {
  if (await isTextClassifier(found)) {
    throw new ModelLockError(
      'usage',
      `${found.reference} is a classifier of texts, not of pictures; locking texts is not there yet`,
      { valid: [`train --task ${textTask}`, 'predict --text', 'evaluate', 'inspect'] },
    );
  }
  const read = await readAny(found, modelOptions);
  for (const note of read.checkpoint.notes) onNotice?.(note);
  return read;
}

async function readAny(found: Resolved, options?: ModelOptions): Promise<Read> {
  const { folder, file } = found;
  const onnx = await onnxFileOf(found);
  if (onnx !== undefined) {
    const { files, ...checkpoint } = await readOnnxClassifier(onnx, options);
    return { checkpoint, files };
  }
  if (file !== undefined)
    return { checkpoint: await readWeightsFile(file, options), files: [file] };
  const isTimm = isTimmConfig(await readJsonObject(join(folder, configFile)));
  return { checkpoint: await (isTimm ? readTimmFolder : readCheckpoint)(folder, options) };
}

/**
 * The ONNX file that a model is read from, if it is: itself, or that of a folder of transformers.js
 * without other weights, or of an architecture that is known as a graph only.
 */
export async function onnxFileOf({ folder, file }: Resolved): Promise<string | undefined> {
  if (file !== undefined) return /\.onnx$/i.test(file) ? file : undefined;
  const onnx = join(folder, 'onnx', 'model.onnx');
  if (!(await exists(onnx))) return undefined;
  const config = await readJsonObject(join(folder, configFile));
  const isUsable = (isTimmConfig(config) || isKnown(config)) && (await hasWeights(folder));
  return isUsable ? undefined : onnx;
}

/** The classifier of a reference, and what identifies it. */
export async function openCheckpoint(
  reference: string,
  options: OpenModelOptions = {},
): Promise<{ checkpoint: ModelCheckpoint; identity: Versioned }> {
  return identified(await resolveCheckpoint(reference, options), options);
}

/** The same of one that was found. */
export async function identified(
  found: Resolved,
  options: OpenModelOptions = {},
): Promise<{ checkpoint: ModelCheckpoint; identity: Versioned }> {
  const read = await readResolved(found, options);
  const { checkpoint } = read;
  const hash = await hashOf(found, read, options.modelOptions);
  return { checkpoint, identity: versioned(found, checkpoint.config, hash) };
}

/** What a manifest keeps of a model that was found. */
export function versioned(
  { reference, name }: Resolved,
  config: RawConfig,
  hash: string,
): Versioned {
  const version = config['modellock_version'];
  return { reference, name, version: typeof version === 'string' ? version : null, hash };
}

/** The SHA-256 of a model's folder. */
export const hashModelFolder = (folder: string): Promise<string> =>
  hashFolder(folder, (path) => path !== 'README.md');

/** The SHA-256 of all that a classifier is read from, and of what else was said of it. */
async function hashOf(
  { folder }: Resolved,
  { files }: Read,
  options: ModelOptions = {},
): Promise<string> {
  const hashes: string[] = [];
  if (files) for (const path of files) hashes.push(await hashFile(path));
  else hashes.push(await hashModelFolder(folder));
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  if (said.length > 0) return sha256(JSON.stringify([hashes, said]));
  return files ? sha256(JSON.stringify(hashes)) : hashes[0];
}
