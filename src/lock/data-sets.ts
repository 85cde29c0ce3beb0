import { ModelLockError } from '../base/error.ts';
import { throwIfAborted, type JobOptions } from '../base/job.ts';
import {
  emptyClass,
  limitItems,
  readImageFolder,
  relabel,
  requireClasses,
  splitFolder,
  testFolders,
  trainFolders,
  type ImageDataset,
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
  const { data, limit, seed } = options;
  const root = (await splitFolder(data, trainFolders)) ?? data;
  const all = await readImageFolder(root);
  requireClasses(all, root);
  if (limit !== undefined && limit < all.classes.length) {
    throw new ModelLockError(
      'usage',
      `a limit of ${limit} pictures for ${all.classes.length} classes`,
      {
        valid: [`${all.classes.length} or more`],
      },
    );
  }
  const limited = limit === undefined ? all : limitItems(all, limit, seed);
  const testRoot =
    options.test ?? (root === data ? undefined : await splitFolder(data, testFolders));
  const test = testRoot ? relabel(await readImageFolder(testRoot), all.classes) : undefined;
  const checked = await readable([...limited.items, ...(test?.items ?? [])], options, job);
  const good = new Set(checked.good);
  const keep = (set: ImageDataset): ImageDataset => ({
    ...set,
    items: set.items.filter((item) => good.has(item)),
  });
  const train = keep(limited);
  const empty = emptyClass(train);
  if (empty !== undefined) {
    throw new ModelLockError('data', `no picture of class "${empty}" in ${root} can be read`);
  }
  const tested = test && keep(test);
  if (tested?.items.length === 0) {
    throw new ModelLockError('data', `none of the pictures in ${testRoot} can be read`);
  }
  return { train, test: tested, skipped: checked.skipped };
}

/** Which pictures can be read. Throws `data` at the first that cannot, unless they are skipped. */
export async function readable<Item extends { readonly path: string }>(
  items: readonly Item[],
  { skipBad }: Pick<DataOptions, 'skipBad'>,
  { signal, onProgress }: JobOptions,
): Promise<{ good: Item[]; skipped: string[] }> {
  const good: Item[] = [];
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
