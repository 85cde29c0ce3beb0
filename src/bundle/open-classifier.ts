import type { JobOptions } from '../base/job.ts';
import { hashFolder, resolveReference, type Resolved } from '../formats/reference.ts';
import { readOnnx } from '../formats/onnx/read.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { basename, hashFile } from '../platform/files.ts';
import { sha256 } from '../platform/crypto.ts';
import { preprocessorFile, readClassifier, type ClassifierCheckpoint } from './checkpoint.ts';
import { readOnnxClassifier } from './onnx-checkpoint.ts';

/** What a manifest keeps of a model or an editor. */
export interface Versioned {
  readonly reference: string;
  readonly name: string;
  readonly version: string | null;
  readonly hash: string;
}

/** Where the classifier of a reference lies; an architecture that is unknown is not downloaded. */
export const resolveClassifier = (
  reference: string,
  { signal, onProgress }: JobOptions = {},
): Promise<Resolved> =>
  resolveReference(reference, 'backbone', { signal, onProgress, accept: classifierFrom });

/** Reads a classifier from a folder of transformers or from an ONNX file. */
export function readResolved({ folder, file }: Resolved): Promise<ClassifierCheckpoint> {
  return file === undefined ? readClassifier(folder) : readOnnxClassifier(file);
}

/** The classifier of a reference, and what identifies it. */
export async function openClassifier(
  reference: string,
  job?: JobOptions,
): Promise<{ checkpoint: ClassifierCheckpoint; identity: Versioned }> {
  const found = await resolveClassifier(reference, job);
  const checkpoint = await readResolved(found);
  const version = checkpoint.config['modellock_version'];
  return {
    checkpoint,
    identity: {
      reference: found.reference,
      name: found.name,
      version: typeof version === 'string' ? version : null,
      hash: await hashOf(found),
    },
  };
}

/** SHA-256 of all that a classifier is read from. */
async function hashOf({ folder, file }: Resolved): Promise<string> {
  if (file === undefined) return hashFolder(folder, (path) => path !== 'README.md');
  const { weights } = await readOnnx(file);
  const external = [...weights.values()].flatMap(({ place }) => place?.path ?? []);
  const read = new Set([file, ...external].map((path) => basename(path)));
  const beside = await hashFolder(folder, (path) => read.has(path) || path === preprocessorFile);
  return sha256(JSON.stringify([await hashFile(file), beside]));
}
