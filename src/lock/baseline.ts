import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { Predictor } from '../bundle/predictor.ts';
import { openModel } from './bundle-lock.ts';

/** A model without a lock, for the same classes as a locked one. Throws `usage` for another. */
export async function openBaseline(
  reference: string,
  labels: readonly string[],
  { signal, onProgress }: JobOptions = {},
): Promise<Predictor> {
  const { checkpoint, manifest } = await openModel(reference, { signal, onProgress });
  if (manifest?.lock) {
    throw new ModelLockError(
      'usage',
      `the baseline ${reference} is locked itself; compare with a model without a lock, as train makes it`,
    );
  }
  if (checkpoint.network.labels.join('\n') === labels.join('\n')) {
    return Predictor.create(checkpoint);
  }
  throw new ModelLockError('usage', `the baseline ${reference} has other classes than the model`, {
    valid: labels,
  });
}
