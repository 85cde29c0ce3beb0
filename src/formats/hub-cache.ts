import { ModelLockError } from '../base/error.ts';
import { environmentVariable, homeFolder } from '../platform/environment.ts';
import { exists, isFolder, join, pathWithin, readText } from '../platform/files.ts';

/**
 * The cache that the hub's own tools keep (huggingface.co/docs/hub/local-cache): in a folder for
 * each repository, `refs/REVISION` holds a commit and `snapshots/COMMIT` its files.
 */

/** A repository of the hub at a revision: a branch, a tag or a commit. */
export interface HubReference {
  /** `owner/name`, or `name` alone for the oldest. */
  readonly repository: string;
  readonly revision: string;
}

/** Reads `owner/name[@revision]`. Throws `usage`. */
export function parseHubReference(text: string): HubReference {
  const match = /^(?<repository>[\w.-]+(?:\/[\w.-]+)?)(?:@(?<revision>[\w./-]+))?$/.exec(text);
  const { repository, revision = 'main' } = match?.groups ?? {};
  if (repository !== undefined) return { repository, revision };
  throw new ModelLockError('usage', `"${text}" is no reference to the hub`, {
    valid: ['owner/name', 'owner/name@revision'],
  });
}

/** Where the cache is: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the user's cache folder. */
export function hubCacheFolder(): string {
  const cache = environmentVariable('XDG_CACHE_HOME') ?? join(homeFolder(), '.cache');
  const home = environmentVariable('HF_HOME') ?? join(cache, 'huggingface');
  return environmentVariable('HF_HUB_CACHE') ?? join(home, 'hub');
}

/** The folder of a repository's files, `undefined` if they are not in the cache. */
export async function cachedSnapshot(
  { repository, revision }: HubReference,
  cache: string = hubCacheFolder(),
): Promise<string | undefined> {
  const folder = join(cache, `models--${repository.replace('/', '--')}`);
  const commit = await commitOf(folder, revision);
  if (commit === undefined) return undefined;
  const snapshot = join(folder, 'snapshots', commit);
  return (await isFolder(snapshot)) ? snapshot : undefined;
}

const commitPattern = /^[0-9a-f]{40}$/;

/** What a branch or tag was when it was downloaded. */
async function commitOf(folder: string, revision: string): Promise<string | undefined> {
  if (commitPattern.test(revision)) return revision;
  const path = pathWithin(join(folder, 'refs'), revision);
  if (!(await exists(path))) return undefined;
  const commit = (await readText(path)).trim();
  if (commitPattern.test(commit)) return commit;
  throw new ModelLockError('corrupt', `${path} holds no commit`);
}
