import type { JobOptions } from '../base/job.ts';
import { hashFolder, resolveReference, type Resolved } from '../formats/reference.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { hashFile } from '../platform/files.ts';
import { sha256 } from '../platform/crypto.ts';
import { readClassifier, type ClassifierCheckpoint } from './checkpoint.ts';
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
  resolveReference(reference, 'backbone', { signal, onProgress, accept: networkFrom });

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
  const { checkpoint, hash } = await readHashed(found);
  const version = checkpoint.config['modellock_version'];
  return {
    checkpoint,
    identity: {
      reference: found.reference,
      name: found.name,
      version: typeof version === 'string' ? version : null,
      hash,
    },
  };
}

/** A classifier, and the SHA-256 of all that it is read from. */
async function readHashed({
  folder,
  file,
}: Resolved): Promise<{ checkpoint: ClassifierCheckpoint; hash: string }> {
  if (file === undefined) {
    const checkpoint = await readClassifier(folder);
    return { checkpoint, hash: await hashFolder(folder, (path) => path !== 'README.md') };
  }
  const { files, ...checkpoint } = await readOnnxClassifier(file);
  const hashes: string[] = [];
  for (const path of files) hashes.push(await hashFile(path));
  return { checkpoint, hash: sha256(JSON.stringify(hashes)) };
}
