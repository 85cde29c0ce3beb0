import { ModelLockError } from '../../base/error.ts';
import { sha256 } from '../../platform/crypto.ts';
import { hostName } from '../../platform/environment.ts';
import {
  exists,
  fileSizeIfAny,
  isFolder,
  join,
  linkFile,
  listFolder,
  pathWithin,
  readText,
  writeAtomic,
  dirname,
  makeFolder,
} from '../../platform/files.ts';
import type { Digest, HubFile } from './listing.ts';
import type { KnownFile } from './metadata.ts';
import { isCommit, type HubReference } from './reference.ts';

/**
 * The part of the cache that has one repository, as the hub's own tools lay it out
 * (huggingface.co/docs/hub/local-cache): `blobs/HASH` has the content of a file,
 * `snapshots/COMMIT/PATH` is a link to it, `refs/REVISION` holds the commit that a branch or tag
 * was, and an empty file `.no_exist/COMMIT/PATH` says that there is no such file in the repository.
 */
export class RepositoryCache {
  readonly folder: string;

  constructor(cache: string, { repository }: Pick<HubReference, 'repository'>) {
    this.folder = join(cache, `models--${repository.replace('/', '--')}`);
  }

  /** The commit of a revision, a branch's as of its last download. Throws `corrupt`. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const path = this.#ref(revision);
    if (!(await exists(path))) return undefined;
    const commit = (await readText(path)).trim();
    if (isCommit(commit)) return commit;
    throw new ModelLockError('corrupt', `${path} holds no commit`);
  }

  /** Notes which commit a branch or tag is. */
  async noteCommit(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.#isNoted(revision, commit))) return;
    const path = this.#ref(revision);
    await makeFolder(dirname(path));
    await writeAtomic(path, commit);
  }

  async #isNoted(revision: string, commit: string): Promise<boolean> {
    return (await this.commitOf(revision).catch(() => undefined)) === commit;
  }

  /** The folder of a commit's files. */
  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** Paths of a commit's files that are here. */
  async filesOf(commit: string): Promise<string[]> {
    const root = this.snapshot(commit);
    return (await isFolder(root)) ? filesBelow(root) : [];
  }

  /** Where a file of a commit is, or would be. */
  place(commit: string, path: string): string {
    return pathWithin(this.snapshot(commit), path);
  }

  /** Where content is, or would be. */
  blob({ hex }: Digest): string {
    return join(this.folder, 'blobs', hex);
  }

  /**
   * Where content is while it is not whole. Processes of one machine take turns (see
   * `platform/folder-lock.ts`); those of others that share the cache have names of their own.
   */
  partial(digest: Digest): string {
    return `${this.blob(digest)}.${sha256(hostName()).slice(0, 8)}.incomplete`;
  }

  /** Where to read a file whose content is here. */
  async contentOf(commit: string, file: KnownFile): Promise<string> {
    return (await this.#isLinked(commit, file))
      ? this.place(commit, file.path)
      : this.blob(file.digest);
  }

  /** Whether a file's content is here, under its own name or only as content. */
  async has(commit: string, file: HubFile): Promise<boolean> {
    return (await this.#isLinked(commit, file)) || (await this.#hasBlob(file));
  }

  async #isLinked(commit: string, { path, size, digest }: HubFile): Promise<boolean> {
    const found = await fileSizeIfAny(this.place(commit, path));
    return found !== undefined && (digest === undefined || found === size);
  }

  async #hasBlob({ size, digest }: HubFile): Promise<boolean> {
    return digest !== undefined && (await fileSizeIfAny(this.blob(digest))) === size;
  }

  /** Gives content that is here its name in a snapshot. */
  async link(commit: string, file: KnownFile): Promise<void> {
    if (await this.#isLinked(commit, file)) return;
    await linkFile(this.blob(file.digest), this.place(commit, file.path));
  }

  /** Whether it is known that a commit has no such file. */
  lacks(commit: string, path: string): Promise<boolean> {
    return exists(this.#absence(commit, path));
  }

  async noteAbsence(commit: string, path: string): Promise<void> {
    if (await this.lacks(commit, path)) return;
    await makeFolder(dirname(this.#absence(commit, path)));
    await writeAtomic(this.#absence(commit, path), '');
  }

  #ref(revision: string): string {
    return pathWithin(join(this.folder, 'refs'), revision);
  }

  #absence(commit: string, path: string): string {
    return pathWithin(join(this.folder, '.no_exist', commit), path);
  }
}

async function filesBelow(folder: string, prefix = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isFolder: isInner } of await listFolder(folder)) {
    const place = join(folder, name);
    if (isInner) {
      for (const path of await filesBelow(place, `${prefix}${name}/`)) paths.push(path);
    } else if ((await fileSizeIfAny(place)) !== undefined) paths.push(prefix + name);
  }
  return paths;
}
