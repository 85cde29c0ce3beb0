import { ModelLockError } from '../../base/error.ts';
import { throwIfAborted, type JobOptions } from '../../base/job.ts';
import type { HttpResponse } from '../../platform/http.ts';
import { PartialFile, type FileHash } from '../../platform/partial-file.ts';
import { ask } from './client.ts';
import type { Digest } from './listing.ts';
import { fileAddress, type KnownFile } from './metadata.ts';
import type { HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

export interface DownloadOptions extends Pick<JobOptions, 'signal'> {
  readonly hub: HubSettings;
  /** The file's repository at its commit. */
  readonly reference: HubReference;
  readonly file: KnownFile;
  /** Its name while it is not whole; what an earlier download left there is gone on with. */
  readonly partial: string;
  /** Its name when it is. */
  readonly final: string;
  /** Hears how many bytes are there. */
  readonly onBytes?: (bytes: number) => void;
}

/** How often content may arrive that is not what the hub says it is. */
const maxWrong = 2;

/**
 * Downloads a file. It gets its final name when its hash is right. Throws `network`, `interrupted`,
 * `corrupt` where its content is wrong time and again, and the errors of files.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file, partial, final, reference, hub, signal, onBytes } = options;
  const part = await PartialFile.open(partial, hashOf(file), signal);
  try {
    for (let wrong = 0; wrong < maxWrong; wrong++) {
      onBytes?.(part.size);
      await fill(part, options);
      if (part.size === file.size && part.digest() === file.digest.hex) {
        await part.publish(final);
        return;
      }
      await part.restart();
    }
  } finally {
    await part.close();
  }
  throw new ModelLockError(
    'corrupt',
    `${hub.endpoint} sends another ${file.path} of ${reference.repository} than its listing says: size or hash is wrong`,
  );
}

const hashes: Readonly<Record<Digest['kind'], (size: number) => FileHash>> = {
  sha256: () => ({ algorithm: 'sha256', prefix: '' }),
  git: (size) => ({ algorithm: 'sha1', prefix: `blob ${size}\0` }),
};

const hashOf = ({ digest, size }: KnownFile): FileHash => hashes[digest.kind](size);

/** Asks for what a file lacks until it has as many bytes as it should, or more. */
async function fill(
  part: PartialFile,
  { hub, reference, file, signal, onBytes }: DownloadOptions,
): Promise<void> {
  if (part.size >= file.size) return;
  await ask(
    hub,
    {
      about: reference,
      url: fileAddress(reference, file.path, hub.endpoint),
      headers: (): Record<string, string> =>
        part.size > 0 ? { range: `bytes=${part.size}-` } : {},
      progress: () => part.size,
      read: async (response) => {
        if (part.size > 0 && !goesOn(response, part.size)) await part.restart();
        for await (const piece of response.pieces()) {
          throwIfAborted(signal);
          await part.append(piece);
          onBytes?.(part.size);
          if (part.size > file.size) return;
        }
        if (part.size < file.size) {
          throw new ModelLockError(
            'network',
            `${response.host} ended after ${part.size} of ${file.size} bytes of ${file.path}`,
          );
        }
      },
    },
    signal,
  );
}

/** Whether an answer begins at a place, as it was asked to. Servers may send the whole file. */
const goesOn = ({ status, header }: HttpResponse, place: number): boolean =>
  status === 206 && (header('content-range') ?? '').startsWith(`bytes ${place}-`);
