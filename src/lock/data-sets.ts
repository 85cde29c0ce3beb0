import { messageOf, ModelLockError } from '../base/error.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import { requireSeed } from '../base/random/seed.ts';
import { limited } from '../data/draw.ts';
import { holdBack } from '../data/hold-back.ts';
import { findOverlap, requireSeparate, type Overlap } from '../data/overlap.ts';
import { PictureFiles } from '../data/picture-files.ts';
import type { ReadingOptions } from '../data/reading/read-dataset.ts';
import type { Dataset, Sample } from '../data/sample.ts';
import { decodersAtOnce } from '../platform/images.ts';
import type { Task } from '../tasks/task.ts';
import { requireTaught } from './taught-classes.ts';
import { trainingSet, type TrainingSet } from './training-set.ts';

export interface DataOptions {
  /** A folder or a file of labelled pictures, split into sides or not. */
  readonly data: string;
  /** Default: the test or validation side of `data`, if there is one. */
  readonly test?: string;
  /** Holds back this share of a set that is not split, by groups, to test with. */
  readonly testShare?: number;
  /** Goes on where a group, such as a patient, is on both sides. */
  readonly allowSharedGroups?: boolean;
  /** Most images to train on. */
  readonly limit?: number;
  readonly seed: number;
  /** Leaves out pictures that cannot be read, instead of stopping at the first. */
  readonly skipBad?: boolean;
  /** What the files do not say. */
  readonly reading?: ReadingOptions;
}

export interface OpeningOptions extends DataOptions {
  /** Folders that are no part of the data, wherever they lie: what the job makes, its work, and edits. */
  readonly passedOver?: readonly string[];
}

export interface DataSets<Label> {
  readonly train: TrainingSet<Label>;
  readonly test: Dataset<Label> | undefined;
  /** What both sides have; null without a test set. */
  readonly overlap: Overlap | null;
  /** Pictures left out. */
  readonly skipped: readonly string[];
}

/** What a document says of the pictures behind its scores. */
type Provisos = Partial<Pick<DataSets<unknown>, 'skipped'> & { readonly overlap: Overlap }>;

export const provisosOf = (
  { skipped, overlap }: Pick<DataSets<unknown>, 'skipped' | 'overlap'>,
  { skipBad }: Pick<DataOptions, 'skipBad'>,
): Provisos => ({ ...(skipBad ? { skipped } : {}), ...(overlap ? { overlap } : {}) });

/** The data sets of a job, each picture looked at once, so that a bad one stops it at the start. */
export async function openDataSets<Label>(
  task: Task<Label>,
  options: OpeningOptions,
  job: JobOptions,
): Promise<DataSets<Label>> {
  const { data, limit, seed } = options;
  requireSeed(seed);
  const { classes, ...sides } = await sidesOf(task, options, job);
  requireTwoClasses(classes, data);
  if (task.needsEveryClass) requireLimit(limit, classes);
  const drawn =
    limit === undefined ? sides.train : limited(sides.train, ({ stratum }) => stratum, limit, seed);
  if (!options.allowSharedGroups) requireSeparate(drawn, sides.test ?? []);
  const opened = [...drawn, ...(sides.test ?? [])];
  const checked = await readable(opened, looking(task), options, job);
  const good = new Set(checked.good);
  const trained = drawn.filter((sample) => good.has(sample));
  const train = await trainingSet(task, { classes, samples: trained }, job);
  requireTaught(task, train, data, job);
  const tested = sides.test?.filter((sample) => good.has(sample));
  if (tested?.length === 0) {
    throw new ModelLockError(
      'data',
      `none of the test pictures in ${options.test ?? data} can be read`,
    );
  }
  if (tested) await requireLabels(task, tested, classes.length, options.test ?? data);
  return {
    train,
    test: tested && { classes, samples: tested },
    overlap: tested ? await findOverlap(train.samples, tested, job) : null,
    skipped: checked.skipped,
  };
}

interface Sides<Label> {
  readonly classes: readonly string[];
  readonly train: readonly Sample<Label>[];
  readonly test: readonly Sample<Label>[] | undefined;
}

/** What is to be learnt, and what is to be tested with. */
async function sidesOf<Label>(
  task: Task<Label>,
  { data, test, testShare, seed, reading, passedOver }: OpeningOptions,
  { onNotice }: JobOptions,
): Promise<Sides<Label>> {
  // One for both sides, so that a patient is the same on both.
  const files = new PictureFiles(reading?.viewing);
  const both = { ...reading, files, passedOver, onNotice };
  // A training side is always there.
  const { classes, samples } = (await task.read(data, 'train', both))!;
  const ofModel = { ...both, classes };
  const tested = await (test === undefined
    ? task.read(data, 'test', ofModel)
    : task.read(test, 'scored', ofModel));
  if (testShare === undefined) return { classes, train: samples, test: tested?.samples };
  if (tested) throw splitAlready(test ?? data);
  return { classes, ...holdBack(samples, { share: testShare, seed, root: data, onNotice }) };
}

export const splitAlready = (data: string): ModelLockError =>
  new ModelLockError('usage', `there are test pictures in ${data}, so no share can be held back`);

/** Throws `data` for a single class. */
export function requireTwoClasses(classes: readonly string[], data: string): void {
  if (classes.length >= 2) return;
  throw new ModelLockError(
    'data',
    `${data} has one class only, "${classes[0]}"; at least two are needed`,
  );
}

/** Throws `usage` for fewer samples than classes. */
export function requireLimit(
  limit: number | undefined,
  classes: readonly string[],
  what = 'pictures',
): void {
  if (limit === undefined || limit >= classes.length) return;
  throw new ModelLockError('usage', `a limit of ${limit} ${what} for ${classes.length} classes`, {
    valid: [`${classes.length} or more`],
  });
}

/** Throws `data` for a test side without any label that can be scored, before all is trained for it. */
async function requireLabels<Label>(
  task: Task<Label>,
  samples: readonly Sample<Label>[],
  classes: number,
  data: string,
): Promise<void> {
  const counts = new Float64Array(classes);
  for (const sample of samples) {
    task.count(await sample.label(), counts);
    if (counts.some((count) => count > 0)) return;
  }
  throw new ModelLockError('data', `no test picture in ${data} is labelled with any class`);
}

/** Reads a sample, to see whether picture and label are whole and go together. */
export const looking =
  <Label>(task: Task<Label>) =>
  async (sample: Sample<Label>): Promise<void> => {
    const [image, label] = await Promise.all([sample.read(), sample.label()]);
    task.requireFit(label, image, sample);
  };

/** Pictures left out whose reasons are told: of many, these are the same. */
const told = 5;

/**
 * Which pictures can be read with `read`. Throws what it throws at the first that cannot, unless they
 * are skipped; then it tells why.
 */
export async function readable<Item extends { readonly path: string }>(
  items: readonly Item[],
  read: (item: Item) => Promise<unknown>,
  { skipBad }: Pick<DataOptions, 'skipBad'>,
  { signal, onProgress, onNotice }: JobOptions,
): Promise<{ good: Item[]; skipped: string[] }> {
  const good: Item[] = [];
  const skipped: string[] = [];
  for (let i = 0; i < items.length; i += 4 * decodersAtOnce) {
    throwIfAborted(signal);
    const some = items.slice(i, i + 4 * decodersAtOnce);
    const results = await Promise.allSettled(some.map(read));
    results.forEach((result, k) => {
      if (result.status === 'fulfilled') good.push(some[k]);
      else if (!skipBad) throw withAdvice(result.reason);
      else if (skipped.push(some[k].path) <= told) {
        onNotice?.(`left out: ${messageOf(result.reason)}`);
      }
    });
    onProgress?.({ stage: 'read', done: i + some.length, total: items.length, unit: 'images' });
  }
  if (good.length === 0) throw new ModelLockError('data', 'none of the pictures can be read');
  return { good, skipped };
}

function withAdvice(error: unknown): unknown {
  return error instanceof ModelLockError
    ? new ModelLockError(error.code, `${error.message}; --skip-bad leaves such files out`, {
        cause: error,
      })
    : error;
}
