import { ModelLockError } from '../base/error.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import { limited } from '../data/draw.ts';
import type { ReadOptions } from '../data/reading/read-dataset.ts';
import type { Dataset, Sample } from '../data/sample.ts';
import { decodersAtOnce } from '../platform/images.ts';
import type { Task } from '../tasks/task.ts';

export interface DataOptions {
  /** A folder or a file of labelled pictures, split into sides or not. */
  readonly data: string;
  /** Default: the test or validation side of `data`, if there is one. */
  readonly test?: string;
  /** Most images to train on. */
  readonly limit?: number;
  readonly seed: number;
  /** Leaves out pictures that cannot be read, instead of stopping at the first. */
  readonly skipBad?: boolean;
  /** What the files do not say. */
  readonly reading?: Omit<ReadOptions, 'classes'>;
}

export interface DataSets<Label> {
  readonly train: Dataset<Label>;
  /** Share of each class among the training images. */
  readonly frequencies: readonly number[];
  readonly test: Dataset<Label> | undefined;
  /** Pictures left out. */
  readonly skipped: readonly string[];
}

/** The data sets of a job, each picture looked at once, so that a bad one stops it at the start. */
export async function openDataSets<Label>(
  task: Task<Label>,
  options: DataOptions,
  job: JobOptions,
): Promise<DataSets<Label>> {
  const { data, limit, seed, reading } = options;
  // A training side is always there.
  const all = (await task.read(data, 'train', reading))!;
  const { classes } = all;
  requireClasses(classes, limit, data);
  const drawn =
    limit === undefined ? all.samples : limited(all.samples, ({ stratum }) => stratum, limit, seed);
  const ofModel = { ...reading, classes };
  const test = await (options.test === undefined
    ? task.read(data, 'test', ofModel)
    : task.read(options.test, 'scored', ofModel));
  const opened = [...drawn, ...(test?.samples ?? [])];
  const checked = await readable(opened, looking(task), options, job);
  const good = new Set(checked.good);
  const trained = drawn.filter((sample) => good.has(sample));
  const frequencies = await sharesOf(task, trained, classes.length);
  const empty = classes.find((_, label) => frequencies[label] === 0);
  if (trained.length === 0 || (task.needsEveryClass && empty !== undefined)) {
    throw new ModelLockError(
      'data',
      `no picture of ${trained.length === 0 ? 'any class' : `class "${empty}"`} in ${data} can be read`,
    );
  }
  const tested = test?.samples.filter((sample) => good.has(sample));
  if (tested?.length === 0) {
    throw new ModelLockError(
      'data',
      `none of the test pictures in ${options.test ?? data} can be read`,
    );
  }
  return {
    train: { classes, samples: trained },
    frequencies,
    test: tested && { classes, samples: tested },
    skipped: checked.skipped,
  };
}

/** Throws `data` for a single class, and `usage` for fewer pictures than classes. */
function requireClasses(classes: readonly string[], limit: number | undefined, data: string): void {
  if (classes.length < 2) {
    throw new ModelLockError(
      'data',
      `${data} has one class only, "${classes[0]}"; at least two are needed`,
    );
  }
  if (limit === undefined || limit >= classes.length) return;
  throw new ModelLockError('usage', `a limit of ${limit} pictures for ${classes.length} classes`, {
    valid: [`${classes.length} or more`],
  });
}

async function sharesOf<Label>(
  task: Task<Label>,
  samples: readonly Sample<Label>[],
  classes: number,
): Promise<number[]> {
  const counts = new Float64Array(classes);
  for (const sample of samples) task.count(await sample.label(), counts);
  return Array.from(counts, (count) => count / samples.length);
}

/** Reads a sample, to see whether picture and label are whole and go together. */
export const looking =
  <Label>(task: Task<Label>) =>
  async (sample: Sample<Label>): Promise<void> => {
    const [image, label] = await Promise.all([sample.read(), sample.label()]);
    task.requireFit(label, image, sample);
  };

/**
 * Which pictures can be read with `read`. Throws what it throws at the first that cannot, unless they
 * are skipped.
 */
export async function readable<Item extends { readonly path: string }>(
  items: readonly Item[],
  read: (item: Item) => Promise<unknown>,
  { skipBad }: Pick<DataOptions, 'skipBad'>,
  { signal, onProgress }: JobOptions,
): Promise<{ good: Item[]; skipped: string[] }> {
  const good: Item[] = [];
  const skipped: string[] = [];
  for (let i = 0; i < items.length; i += 4 * decodersAtOnce) {
    throwIfAborted(signal);
    const some = items.slice(i, i + 4 * decodersAtOnce);
    const results = await Promise.allSettled(some.map(read));
    results.forEach((result, k) => {
      if (result.status === 'fulfilled') good.push(some[k]);
      else if (skipBad) skipped.push(some[k].path);
      else throw withAdvice(result.reason);
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
