import { ModelLockError } from '../../base/error.ts';
import type { JobOptions } from '../../base/job.ts';
import { ask } from './client.ts';
import type { Digest, HubFile } from './listing.ts';
import type { HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

/** A file of which everything is known that its download needs. */
export interface KnownFile extends HubFile {
  readonly digest: Digest;
}

/** The address of a file; `revision` is a commit. */
export function fileAddress(
  { repository, revision }: HubReference,
  path: string,
  endpoint: string,
): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${repository}/resolve/${revision}/${encoded}`;
}

/**
 * Size and hash of a file. Where the listing lacks them, the head of the file's own answer has them,
 * in headers that a redirect to a content server carries, too. Throws `network` where nothing says
 * what the content should be.
 */
export async function describeFile(
  about: HubReference,
  file: HubFile,
  hub: HubSettings,
  { signal }: JobOptions = {},
): Promise<KnownFile> {
  if (file.digest) return { ...file, digest: file.digest };
  const url = fileAddress(about, file.path, hub.endpoint);
  const found = await ask(
    hub,
    {
      about,
      url,
      method: 'HEAD',
      staysAtOrigin: true,
      read: ({ header }) =>
        Promise.resolve({
          digest: digestOfTag(header('x-linked-etag') ?? header('etag')),
          size: Number(header('x-linked-size') ?? header('content-length') ?? Number.NaN),
        }),
    },
    signal,
  );
  const { digest, size } = found;
  if (digest && Number.isSafeInteger(size) && size >= 0) return { path: file.path, size, digest };
  throw new ModelLockError(
    'network',
    `${hub.endpoint} says neither in its listing nor in its headers which content ${file.path} of ${about.repository} has`,
  );
}

/** What an entity tag is on the hub: a SHA-256, or git's id. */
export function digestOfTag(tag: string | undefined): Digest | undefined {
  const hex = /^(?:W\/)?"?(?<hex>[0-9a-f]+)"?$/.exec(tag ?? '')?.groups?.['hex'];
  if (hex?.length === 64) return { kind: 'sha256', hex };
  return hex?.length === 40 ? { kind: 'git', hex } : undefined;
}
