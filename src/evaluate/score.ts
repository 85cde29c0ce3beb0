import { ModelLockError } from '../base/error.ts';
import { breathe, throwIfAborted, type JobOptions } from '../base/job.ts';
import type { Sample } from '../data/sample.ts';
import { clustersOf } from '../metrics/clusters.ts';
import { readingAtOnce } from '../platform/images.ts';
import { pictureGroups } from '../platform/picture-groups.ts';
import type { Outcome } from '../tasks/tally.ts';
import type { Task } from '../tasks/task.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What answers for pictures. */
export interface Answering {
  readonly labels: readonly string[];
  /** [images, ...]: one row of classes, or maps of them, for each picture. */
  logits(images: readonly RgbImage[]): Promise<Tensor<'float32'>>;
}

/** What is done to pictures before they are shown to the model. */
export type Treatment = (images: readonly RgbImage[]) => Promise<readonly RgbImage[]>;

export const untouched: Treatment = async (images) => images;

/** What may stop the answering, and hears of it. */
export interface AnswerOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of pictures just answered. */
  readonly onProgress?: (images: number) => void;
}

/** Tells a job how many of `total` pictures have been answered. */
export function counted(
  { signal, onProgress }: JobOptions,
  total: number,
  stage = 'evaluate',
): AnswerOptions {
  let done = 0;
  return {
    signal,
    onProgress: (images) => {
      done += images;
      onProgress?.({ stage, done, total: Math.max(total, done), unit: 'images' });
    },
  };
}

/** How well a model answers to treated pictures, which are read as they are needed. */
export async function outcomeOf<Label>(
  task: Task<Label>,
  model: Answering,
  samples: readonly Sample<Label>[],
  treatment: Treatment,
  options: AnswerOptions = {},
): Promise<Outcome> {
  const [outcome] = await outcomesOf(task, [model], samples, treatment, options);
  return outcome;
}

/** The same for several models of the same classes, which are shown the same pictures. */
export async function outcomesOf<Label>(
  task: Task<Label>,
  models: readonly Answering[],
  samples: readonly Sample<Label>[],
  treatment: Treatment,
  options: AnswerOptions = {},
): Promise<Outcome[]> {
  const tallies = models.map(({ labels }) => task.tally(labels.length));
  for await (const { some, logits } of answersOf(models, samples, treatment, options)) {
    const truths = await readingAtOnce(some, (sample) => sample.label());
    tallies.forEach((tally, i) => tally.add(logits[i], truths));
  }
  const clusters = clustersOf(samples.map(({ group }) => group));
  return tallies.map((tally) => tally.outcome(clusters));
}

/** What models say of some pictures. */
interface Answers<Label> {
  readonly some: readonly Sample<Label>[];
  /** Of each model: [images, ...]. */
  readonly logits: readonly Tensor<'float32'>[];
}

/**
 * Shows treated pictures to models, in order, a few at a time, read as they are needed. Throws `data`,
 * naming the picture, for an answer that is no number.
 */
export async function* answersOf<Label>(
  models: readonly Pick<Answering, 'logits'>[],
  samples: readonly Sample<Label>[],
  treatment: Treatment,
  { signal, onProgress }: AnswerOptions = {},
): AsyncGenerator<Answers<Label>> {
  for await (const { things: some, images } of pictureGroups(samples, (sample) => sample.read())) {
    throwIfAborted(signal);
    const treated = await treatment(images);
    const logits: Tensor<'float32'>[] = [];
    for (const model of models) {
      const said = await model.logits(treated);
      requireNumbers(said, some);
      logits.push(said);
    }
    yield { some, logits };
    onProgress?.(some.length);
    await breathe();
  }
}

/** Throws `data`, naming the picture, where an answer is NaN or infinite: it would be taken for the first class. */
function requireNumbers(
  { data, shape: [rows] }: Tensor<'float32'>,
  pictures: readonly Sample<unknown>[],
): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const { path } = pictures[Math.floor((bad * rows) / data.length)];
  throw new ModelLockError('data', `the model's answer to ${path} is ${data[bad]}`);
}
