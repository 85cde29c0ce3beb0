import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { ModelOptions } from './model-options.ts';
import {
  hashModelFolder,
  isTextClassifier,
  resolveCheckpoint,
  versioned,
  type Versioned,
} from './open-checkpoint.ts';
import { readTextClassifier, type TextCheckpoint } from './text-checkpoint.ts';

/** The text classifier of a reference, and what identifies it. Throws `usage` for one of pictures. */
export async function openTextClassifier(
  reference: string,
  job: JobOptions = {},
): Promise<{ readonly checkpoint: TextCheckpoint; readonly identity: Versioned }> {
  const found = await resolveCheckpoint(reference, job);
  if (!(await isTextClassifier(found))) {
    throw new ModelLockError('usage', `${reference} is no classifier of texts`, {
      valid: [
        'a folder of transformers with a BERT or DistilBERT and its tokenizer',
        'hf:owner/name of such a one',
      ],
    });
  }
  const checkpoint = await readTextClassifier(found.folder);
  const hash = await hashModelFolder(found.folder);
  return { checkpoint, identity: versioned(found, checkpoint.config, hash) };
}

/** Throws `usage` for options about what the files of a text classifier say themselves. */
export function requireNoModelOptions(reference: string, options: ModelOptions = {}): void {
  const [name] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new ModelLockError(
    'usage',
    `${reference} is a classifier of texts, and option "${name}" is for those of pictures`,
  );
}
