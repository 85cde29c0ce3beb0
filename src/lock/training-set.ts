import { throwIfAborted, type JobOptions } from '../base/job.ts';
import type { Dataset } from '../data/sample.ts';
import { sha256 } from '../platform/crypto.ts';
import { readingAtOnce } from '../platform/images.ts';
import type { Task } from '../tasks/task.ts';

/** A set to be trained on, and what is known of it once all of it was looked at. */
export interface TrainingSet<Label> extends Dataset<Label> {
  /** Share of each class among the images. */
  readonly frequencies: readonly number[];
  /** The share of the pixels that are to be ignored, where the task is about pixels. */
  readonly ignored: number;
  /** A hash of the content of each image. */
  readonly contents: readonly string[];
  /** A hash of all that is to be learnt: classes, contents and labels, in order. */
  readonly digest: string;
}

/** Samples looked at between two looks at the signal. */
const chunk = 64;

/** Reads labels and contents of a set. */
export async function trainingSet<Label>(
  task: Task<Label>,
  { classes, samples }: Dataset<Label>,
  { signal, onProgress }: JobOptions,
): Promise<TrainingSet<Label>> {
  const counts = new Float64Array(classes.length);
  const contents: string[] = [];
  const labels: string[] = [];
  let ignored = 0;
  for (let i = 0; i < samples.length; i += chunk) {
    throwIfAborted(signal);
    const some = samples.slice(i, i + chunk);
    contents.push(...(await readingAtOnce(some, (sample) => sample.content())));
    for (const label of await readingAtOnce(some, (sample) => sample.label())) {
      task.count(label, counts);
      ignored += (task.ignored?.(label) ?? 0) / samples.length;
      labels.push(sha256(task.identity(label)));
    }
    const done = i + some.length;
    onProgress?.({ stage: 'hash', done, total: samples.length, unit: 'images' });
  }
  return {
    classes,
    // Whoever looks for the same pictures elsewhere need not hash these again.
    samples: samples.map((sample, i) => ({
      ...sample,
      content: () => Promise.resolve(contents[i]),
    })),
    frequencies: Array.from(counts, (count) => count / samples.length),
    ignored,
    contents,
    digest: sha256(JSON.stringify([classes, contents, labels])),
  };
}
