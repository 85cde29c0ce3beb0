import { version } from '../base/version.ts';
import type { ModelCheckpoint } from '../bundle/checkpoint.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { writeBundle } from '../bundle/write.ts';
import type { Outcome } from '../tasks/tally.ts';
import type { FineTuned } from './fine-tune.ts';
import type { WorkFolder } from './work-folder.ts';

/** A fine-tuned model, and what its manifest says of how it was made. */
export interface MadeModel extends Pick<
  Manifest,
  'task' | 'base' | 'lock' | 'training' | 'viewing' | 'measured'
> {
  readonly checkpoint: ModelCheckpoint;
  readonly tuned: FineTuned;
  readonly labels: readonly string[];
}

/** Writes the model as a bundle under the job's final name, and ends the job with its result. */
export async function publishBundle<Result>(
  work: WorkFolder,
  { checkpoint, tuned, labels, task, base, lock, training, viewing, measured }: MadeModel,
  result: Result,
): Promise<Result> {
  const folder = work.made('bundle');
  await writeBundle(folder, {
    ...tuned,
    preprocessorJson: checkpoint.preprocessorJson,
    channels: checkpoint.preprocessor.channels,
    size: checkpoint.preprocessor.size,
    manifest: {
      format: 1,
      modellock: version,
      task,
      labels: [...labels],
      base,
      lock,
      training,
      ...(viewing ? { viewing } : {}),
      measured,
    },
  });
  await work.publish('bundle', result);
  return result;
}

/** What a manifest says of the score of a model without a lock. */
export const measuredOf = (
  metric: string,
  { n, chance, score }: Outcome,
): NonNullable<Manifest['measured']> => ({
  metric,
  n,
  chance,
  lp: null,
  up: null,
  baseline: score,
});
