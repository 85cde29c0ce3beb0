import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import type { JobOptions } from '../../base/job.ts';
import { textOf } from '../../platform/http.ts';
import { ask } from './client.ts';
import { hubReferenceText, isCommit, type HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

/** What a file's content is known by: SHA-256, or for small files the id that git gives them. */
export interface Digest {
  readonly kind: 'sha256' | 'git';
  /** Hexadecimal digits; the name of the file's content in the cache. */
  readonly hex: string;
}

/** A file of a repository. */
export interface HubFile {
  /** With `/` between folders, leading nowhere but below the repository's own. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** `undefined` where the listing does not say, as those of some mirrors do not. */
  readonly digest: Digest | undefined;
}

/** The files of a repository at a commit. */
export interface Listing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const hex = (digits: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `not ${digits} hexadecimal digits`);
const size = z.number().int().min(0);

/** What `api/models/NAME/revision/REVISION?blobs=true` answers, as far as it is used. */
const answer = z.object({
  sha: hex(40),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: size.nullish(),
      blobId: hex(40).nullish(),
      lfs: z.object({ sha256: hex(64), size: size.nullish() }).nullish(),
    }),
  ),
});

/** Far more than the longest listing. */
const maxBytes = 2 ** 25;

/**
 * Asks the hub for the files of a repository. Throws `not-found` where there is no such repository
 * or revision; `network`; `corrupt` where a file's name would lead out of its folder.
 */
export async function listRepository(
  reference: HubReference,
  hub: HubSettings,
  { signal }: JobOptions = {},
): Promise<Listing> {
  const { repository, revision } = reference;
  const path = `api/models/${repository}/revision/${encodeURIComponent(revision)}`;
  const text = await ask(
    hub,
    {
      about: reference,
      url: `${hub.endpoint}/${path}?blobs=true`,
      read: (response) => textOf(response, maxBytes),
    },
    signal,
  );
  return parseListing(text, reference, hub.endpoint);
}

/** Reads the hub's answer. */
export function parseListing(text: string, reference: HubReference, endpoint: string): Listing {
  const name = hubReferenceText(reference);
  const { sha: commit, siblings } = checked(text, name, endpoint);
  if (isCommit(reference.revision) && commit !== reference.revision) {
    throw new ModelLockError('network', `${endpoint} answers with another commit than ${name}`);
  }
  const files = siblings.map(({ rfilename: file, size: bytes, blobId, lfs }): HubFile => {
    requireInside(file, name);
    return { path: file, size: lfs?.size ?? bytes ?? 0, digest: digestOf(lfs?.sha256, blobId) };
  });
  return { commit, files };
}

function checked(text: string, name: string, endpoint: string): z.output<typeof answer> {
  const fail = (what: string): never => {
    throw new ModelLockError(
      'network',
      `${endpoint} does not answer like a hub when it is asked for ${name}: ${what}`,
    );
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail('its answer is not JSON');
  }
  const { success, data, error } = answer.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  return fail(`${issue.path.join('.') || 'the answer'}: ${issue.message}`);
}

const digestOf = (
  sha256: string | undefined,
  blobId: string | null | undefined,
): Digest | undefined => {
  if (sha256 !== undefined) return { kind: 'sha256', hex: sha256 };
  return typeof blobId === 'string' ? { kind: 'git', hex: blobId } : undefined;
};

/** Throws `corrupt` for a name that is no plain path below a folder, on any system. */
export function requireInside(path: string, where: string): void {
  const isPlain = path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && isPlainName(part));
  if (isPlain) return;
  throw new ModelLockError('corrupt', `${where} lists a file of the name ${JSON.stringify(path)}`);
}

/** Whether a name has none of the characters that mean something to a file system. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const isPlainName = (name: string): boolean => !/[\\:\u0000-\u001f\u007f]/.test(name);
