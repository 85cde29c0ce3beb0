import { ModelLockError } from '../base/error.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import {
  limitItems,
  readImageFolder,
  relabel,
  requireClasses,
  splitFolder,
  testFolders,
  trainFolders,
  type ImageDataset,
  type ImageItem,
} from '../data/image-folder.ts';
import { decodersAtOnce, readImage } from '../platform/images.ts';

export interface DataOptions {
  /** A folder of class folders, or of `train` and `test` folders of them. */
  readonly data: string;
  /** Default: the `test` or `val` folder of `data`, if there is one. */
  readonly test?: string;
  /** Most images to train on. */
  readonly limit?: number;
  readonly seed: number;
  /** Leaves out pictures that cannot be read, instead of stopping at the first. */
  readonly skipBad?: boolean;
}

export interface DataSets {
  readonly train: ImageDataset;
  readonly test: ImageDataset | undefined;
  /** Pictures left out. */
  readonly skipped: readonly string[];
}

/** The data sets of a job, each picture looked at once, so that a bad one stops it at the start. */
export async function openDataSets(options: DataOptions, job: JobOptions): Promise<DataSets> {
  const root = (await splitFolder(options.data, trainFolders)) ?? options.data;
  const all = await readImageFolder(root);
  requireClasses(all, root);
  const limited = options.limit === undefined ? all : limitItems(all, options.limit, options.seed);
  const testRoot =
    options.test ??
    (root === options.data ? undefined : await splitFolder(options.data, testFolders));
  const test = testRoot ? relabel(await readImageFolder(testRoot), all.classes) : undefined;
  const checked = await readable([...limited.items, ...(test?.items ?? [])], options, job);
  const good = new Set(checked.good);
  const keep = (set: ImageDataset): ImageDataset => ({
    ...set,
    items: set.items.filter((item) => good.has(item)),
  });
  return { train: keep(limited), test: test && keep(test), skipped: checked.skipped };
}

/** Which pictures can be read. Throws `data` at the first that cannot, unless they are skipped. */
async function readable(
  items: readonly ImageItem[],
  { skipBad }: DataOptions,
  { signal, onProgress }: JobOptions,
): Promise<{ good: ImageItem[]; skipped: string[] }> {
  const good: ImageItem[] = [];
  const skipped: string[] = [];
  for (let i = 0; i < items.length; i += 4 * decodersAtOnce) {
    throwIfAborted(signal);
    const some = items.slice(i, i + 4 * decodersAtOnce);
    const results = await Promise.allSettled(some.map(({ path }) => readImage(path)));
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
