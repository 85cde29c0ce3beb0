import { createHash } from 'node:crypto';
import { open, realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelLockError } from '../base/error.ts';
import { fileError } from './files.ts';

/** A folder that this process alone works on, until it releases it or dies. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Name of the socket in a folder that is claimed, or that was when its holder was killed. */
export const lockName = '.modellock.lock';

/**
 * Claims a folder. The claim is a listening socket: the operating system closes it when its holder
 * dies, however it dies, so no claim outlives its process; a process number in a file would, and
 * means nothing in another container. Throws `busy` while another process holds the folder,
 * `not-found` where there is none.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const outer = await claimByName(folder);
  if (!outer) throw busy(folder);
  const inner = await claimInside(folder).catch(async (error: unknown) => {
    await outer.release();
    throw error;
  });
  return {
    release: async () => {
      await inner.release();
      await outer.release();
    },
  };
}

const busy = (folder: string): ModelLockError =>
  new ModelLockError('busy', `another process is at work on ${folder}; wait for it to end`);

/** By a socket named after the folder, which every process of this machine or container sees. */
async function claimByName(folder: string): Promise<FolderLock | undefined> {
  const address = await addressOf(folder);
  const server = address.isFile ? await listenOrSucceed(address.path) : await listen(address.path);
  return server && { release: () => close(server) };
}

/**
 * By a socket in the folder itself, for processes of other containers that share it, on systems
 * where nothing else reaches them. A file system that takes no sockets is not shared in this manner.
 */
async function claimInside(folder: string): Promise<FolderLock> {
  if (process.platform !== 'linux') return { release: async () => {} };
  const opened = await open(folder, 'r');
  try {
    // However long the folder's own path is.
    const path = `/proc/self/fd/${opened.fd}/${lockName}`;
    const server = await listenOrSucceed(path).catch(() => null);
    if (server === undefined) throw busy(folder);
    return {
      release: async () => {
        if (server) await close(server); // It removes the file.
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
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
 * Listens, perhaps in the place of a holder that died and left its socket's file. Two processes that
 * take its place in the same few milliseconds can both succeed; on Linux and Windows those of one
 * machine or container cannot, for they have the other kind of socket as well.
 */
async function listenOrSucceed(path: string): Promise<Server | undefined> {
  const server = await listen(path);
  if (server) return server;
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
