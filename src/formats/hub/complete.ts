import { ModelLockError } from '../../base/error.ts';
import { pause, type JobOptions } from '../../base/job.ts';
import {
  fileSizeIfAny,
  freeBytes,
  join,
  makeFolder,
  readJsonObject,
} from '../../platform/files.ts';
import { lockFolder, type FolderLock } from '../../platform/folder-lock.ts';
import type { RepositoryCache } from './cache.ts';
import { settleChoice, type JsonObject, type Layout } from './choice.ts';
import { download } from './download.ts';
import type { Listing } from './listing.ts';
import { describeFile, type KnownFile } from './metadata.ts';
import { hubReferenceText, type HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

/** What a repository is wanted for. */
export interface Wanted {
  readonly layout: Layout;
  /**
   * Looks at the layout's document before anything large is downloaded; throws for a model that
   * would be of no use.
   */
  readonly accept?: ((document: JsonObject, where: string) => void) | undefined;
  /** What else will do, where the repository lacks some of it or `accept` refuses it. */
  readonly otherwise?: Wanted | undefined;
}

/** The files of a repository at a commit, all that are needed. */
export interface Snapshot {
  readonly folder: string;
  readonly commit: string;
}

/** JSON files that say which others are needed are shorter. */
const maxDocumentBytes = 2 ** 26;

/** Milliseconds between two events of progress, and between two looks whether it is our turn. */
const pauses = { progress: 100, turn: 250 } as const;

interface Completion {
  readonly reference: HubReference;
  readonly wanted: Wanted;
  readonly hub: HubSettings;
  readonly job: JobOptions;
}

/**
 * Downloads what a snapshot lacks. Contents come first, then the links to them, the last of the
 * choice first and the layout's own document last. So whenever the process dies, a snapshot that
 * looks complete is, with the optional files, which a look into the cache would not miss.
 */
export async function completeSnapshot(
  cache: RepositoryCache,
  listing: Listing,
  completion: Completion,
): Promise<Snapshot> {
  await makeFolder(join(cache.folder, 'blobs'));
  const lock = await takeTurn(cache.folder, completion.job);
  try {
    const { commit } = listing;
    const { files, absent } = await chooseAny(cache, listing, completion);
    await fetchAll(cache, commit, files, completion);
    for (const path of absent) await cache.noteAbsence(commit, path);
    for (const file of files.toReversed()) await cache.link(commit, file);
    await cache.noteCommit(completion.reference.revision, commit);
    return { folder: cache.snapshot(commit), commit };
  } finally {
    await lock.release();
  }
}

/** Two processes that lack the same files do not both download them: the second waits. */
async function takeTurn(folder: string, { signal, onProgress }: JobOptions): Promise<FolderLock> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      if (!(error instanceof ModelLockError) || error.code !== 'busy') throw error;
    }
    if (isFirst) {
      onProgress?.({ stage: 'wait for another', done: 0, total: 1, unit: 'downloads' });
    }
    await pause(pauses.turn, signal);
  }
}

/** The files to have of the first that the repository has; where it has none, the first one's refusal. */
async function chooseAny(
  cache: RepositoryCache,
  listing: Listing,
  completion: Completion,
): ReturnType<typeof choose> {
  try {
    return await choose(cache, listing, completion);
  } catch (error) {
    const { otherwise } = completion.wanted;
    if (!otherwise || !isUnfit(error)) throw error;
    return chooseAny(cache, listing, { ...completion, wanted: otherwise }).catch(
      (other: unknown) => {
        throw isUnfit(other) ? error : other;
      },
    );
  }
}

const isUnfit = (error: unknown): boolean =>
  error instanceof ModelLockError && (error.code === 'not-found' || error.code === 'unsupported');

/** The files to have, the layout's document first. Reads, and so downloads, what that depends on. */
async function choose(
  cache: RepositoryCache,
  { commit, files }: Listing,
  { reference, wanted: { layout, accept }, hub, job }: Completion,
): Promise<{ files: readonly KnownFile[]; absent: readonly string[] }> {
  const pinned = { ...reference, revision: commit };
  const name = hubReferenceText(reference);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const described = new Map<string, KnownFile>();
  const known = async (path: string): Promise<KnownFile> => {
    // What is chosen is listed.
    const file = described.get(path) ?? (await describeFile(pinned, byPath.get(path)!, hub, job));
    described.set(path, file);
    return file;
  };
  const candidates = await Promise.all(
    files.map(async (file) => ({ path: file.path, isHere: await cache.has(commit, file) })),
  );
  const choice = await settleChoice(candidates, layout, async (path) => {
    const file = await known(path);
    requireShort(file.size, `${name}: ${path}`);
    await fetchOne(cache, file, { reference: pinned, hub, signal: job.signal });
    const document = await readDocument(await cache.contentOf(commit, file));
    if (path === layout.document) accept?.(document, `${name}: ${path}`);
    return document;
  });
  if (choice.missing.length > 0) {
    throw new ModelLockError('not-found', `${name} has no ${choice.missing.join(' and no ')}`);
  }
  return { files: await Promise.all(choice.files.map(known)), absent: choice.absent };
}

async function fetchAll(
  cache: RepositoryCache,
  commit: string,
  files: readonly KnownFile[],
  { reference, hub, job: { signal, onProgress } }: Completion,
): Promise<void> {
  const isHere = await Promise.all(files.map((file) => cache.has(commit, file)));
  const todo = files.filter((_, i) => !isHere[i]);
  const total = sum(todo.map(({ size }) => size));
  const begun = await Promise.all(
    todo.map(async ({ digest }) => (await fileSizeIfAny(cache.partial(digest))) ?? 0),
  );
  await requireRoom(cache.folder, total - sum(begun));
  let before = 0;
  let last = 0;
  for (const file of todo) {
    const onBytes = (bytes: number): void => {
      const done = before + Math.min(bytes, file.size);
      if (done < total && Date.now() - last < pauses.progress) return;
      last = Date.now();
      onProgress?.({ stage: 'download', done, total, unit: 'bytes' });
    };
    await fetchOne(cache, file, {
      reference: { ...reference, revision: commit },
      hub,
      signal,
      onBytes,
    });
    before += file.size;
  }
}

/** Downloads content, unless it is here: two files may have the same. */
async function fetchOne(
  cache: RepositoryCache,
  file: KnownFile,
  options: Pick<Parameters<typeof download>[0], 'reference' | 'hub' | 'signal' | 'onBytes'>,
): Promise<void> {
  if (await cache.has(options.reference.revision, file)) return;
  const { digest } = file;
  await download({
    ...options,
    file,
    partial: cache.partial(digest),
    final: cache.blob(digest),
  });
}

async function requireRoom(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free === undefined || free >= bytes) return;
  throw new ModelLockError(
    'io',
    `the download needs ${megabytes(bytes)} and ${folder} has ${megabytes(free)} left`,
  );
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** A JSON file that others depend on. Throws `corrupt` for one that is far too long. */
export async function readDocument(path: string): Promise<JsonObject> {
  requireShort((await fileSizeIfAny(path)) ?? 0, path);
  return readJsonObject(path);
}

function requireShort(size: number, where: string): void {
  if (size <= maxDocumentBytes) return;
  throw new ModelLockError(
    'corrupt',
    `${where} has ${size} bytes; no such file has more than ${maxDocumentBytes}`,
  );
}
