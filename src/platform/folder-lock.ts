import { createHash } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelLockError } from '../base/error.ts';
import { fileError } from './files.ts';

/** A folder that this process alone works on, until it releases it or dies. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Claims a folder. The claim is a listening socket: the operating system closes it when its holder
 * dies, however it dies, so no claim outlives its process; a process number in a file would, and
 * means nothing in another container. Throws `busy` while another process holds the folder,
 * `not-found` where there is none.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const address = await addressOf(folder);
  const server = (await listen(address.path)) ?? (address.isFile && (await succeed(address.path)));
  if (server) return { release: () => close(server) };
  throw new ModelLockError('busy', `another process is at work on ${folder}; wait for it to end`);
}

interface Address {
  readonly path: string;
  /** Whether the socket has a name in the file system, which stays when its holder is killed. */
  readonly isFile: boolean;
}

/** A socket's path may have about 100 bytes, so it is a short one named after the folder. */
async function addressOf(folder: string): Promise<Address> {
  const path = await realpath(folder).catch((error: unknown) => {
    throw fileError('lock', folder, error);
  });
  const name = `modellock-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  const address = addresses[process.platform];
  return address
    ? { path: address(name), isFile: false }
    : { path: join(tmpdir(), `${name}.lock`), isFile: true };
}

/** An abstract socket's name has this many bytes. */
const abstractNameBytes = 108;

/** Where the system has sockets whose names go with their holders. */
const addresses: { readonly [K in NodeJS.Platform]?: (name: string) => string } = {
  // Older versions of Node fill the name up with zeros, newer ones do not: a full one is the same.
  linux: (name) => `\0${name}`.padEnd(abstractNameBytes, '-'),
  win32: (name) => `\\\\.\\pipe\\${name}`,
};

/** `undefined` where another socket has the address. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new ModelLockError('io', `cannot lock: ${error.message}`, { cause: error }));
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

/**
 * Takes the place of a holder that died and left its socket's file. Two processes that do so in the
 * same few milliseconds can both succeed; Linux and Windows do not come here.
 */
async function succeed(path: string): Promise<Server | undefined> {
  if (await isAnswered(path)) return undefined;
  await rm(path, { force: true }).catch((error: unknown) => {
    throw fileError('remove', path, error);
  });
  return listen(path);
}

/** Whether anybody listens. A full queue or a refused permission is somebody, too. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
