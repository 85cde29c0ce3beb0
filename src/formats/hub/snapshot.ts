import { ModelLockError } from '../../base/error.ts';
import { resumable, type JobOptions } from '../../base/job.ts';
import { RepositoryCache } from './cache.ts';
import { settleChoice } from './choice.ts';
import { completeSnapshot, readDocument, type Snapshot, type Wanted } from './complete.ts';
import { listRepository, type Listing } from './listing.ts';
import { hubReferenceText, isCommit, type HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

/** With a complete cache at hand, an answer is not worth waiting for; milliseconds. */
const impatience = { attempts: 1, stall: 10_000 } as const;

/**
 * The folder of a repository in the cache; what it lacks is downloaded. Where the hub cannot be
 * reached or refuses, a complete cache will do. No request is made for a commit that is complete,
 * nor with `HF_HUB_OFFLINE`. Throws `network`, `not-found`, `corrupt`, `interrupted`, `io`.
 */
export async function openSnapshot(
  reference: HubReference,
  wanted: Wanted,
  hub: HubSettings,
  job: JobOptions = {},
): Promise<Snapshot> {
  const cache = new RepositoryCache(hub.cache, reference);
  const cached = await lookUp(cache, reference.revision, wanted);
  const { snapshot } = cached;
  if (snapshot && isCommit(reference.revision) && cached.isCertain) return snapshot;
  if (hub.isOffline) return snapshot ?? refuseOffline(reference, hub, cached);

  const bearing = snapshot ? { ...hub, patience: { ...hub.patience, ...impatience } } : hub;
  let listing: Listing;
  try {
    listing = await listRepository(reference, bearing, job);
  } catch (error) {
    if (snapshot && isRefusal(error)) return snapshot;
    throw error;
  }
  if (snapshot && cached.isCertain && listing.commit === snapshot.commit) return snapshot;
  return resumable(() => completeSnapshot(cache, listing, { reference, wanted, hub, job }));
}

/** What the cache has of a revision. */
interface Cached {
  /** `undefined` unless all that is needed is there. */
  readonly snapshot: Snapshot | undefined;
  /** Whether it is known, too, that the repository has none of the optional files that lack. */
  readonly isCertain: boolean;
  /** What is needed and not there, in words. */
  readonly missing: readonly string[];
}

/**
 * Looks into the cache. That a snapshot is complete is noted nowhere: other programs fill the cache
 * and remove from it, so the choice of files is made among those that are there.
 */
async function lookUp(
  cache: RepositoryCache,
  revision: string,
  { layout, otherwise }: Wanted,
): Promise<Cached> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) {
    return { snapshot: undefined, isCertain: false, missing: [layout.document] };
  }
  const here = (await cache.filesOf(commit)).map((path) => ({ path, isHere: true }));
  const { missing, absent } = await settleChoice(here, layout, (path) =>
    readDocument(cache.place(commit, path)),
  );
  if (missing.length > 0 && otherwise) {
    const other = await lookUp(cache, revision, otherwise);
    if (other.snapshot) return other;
  }
  const known = await Promise.all(absent.map((path) => cache.lacks(commit, path)));
  return {
    snapshot: missing.length === 0 ? { folder: cache.snapshot(commit), commit } : undefined,
    isCertain: known.every(Boolean),
    missing,
  };
}

function refuseOffline(
  reference: HubReference,
  { cache }: HubSettings,
  { missing }: Cached,
): never {
  throw new ModelLockError(
    'not-found',
    `${hubReferenceText(reference)} is not whole in the cache at ${cache}, and HF_HUB_OFFLINE is set: there is no ${missing[0]}`,
  );
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ModelLockError && (error.code === 'network' || error.code === 'not-found');
