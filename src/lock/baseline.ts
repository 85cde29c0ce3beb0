import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { identified, resolveCheckpoint, type Versioned } from '../bundle/open-checkpoint.ts';
import { Predictor } from '../bundle/predictor.ts';
import { manifestIn } from './bundle-lock.ts';

/** A model without a lock, ready to answer. */
export interface Baseline {
  readonly model: Predictor;
  readonly identity: Versioned;
}

/** A model without a lock, for the same classes as a locked one. Throws `usage` for another. */
export async function openBaseline(
  reference: string,
  labels: readonly string[],
  { signal, onProgress }: JobOptions = {},
): Promise<Baseline> {
  const found = await resolveCheckpoint(reference, { signal, onProgress });
  const { checkpoint, identity } = await identified(found);
  const manifest = await manifestIn(found);
  if (manifest?.lock) {
    throw new ModelLockError(
      'usage',
      `the baseline ${reference} is locked itself; compare with a model without a lock, as train makes it`,
    );
  }
  if (checkpoint.network.labels.join('\n') === labels.join('\n')) {
    return { model: await Predictor.create(checkpoint), identity };
  }
  throw new ModelLockError('usage', `the baseline ${reference} has other classes than the model`, {
    valid: labels,
  });
}
