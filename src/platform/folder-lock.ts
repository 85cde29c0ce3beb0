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
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listen(address);
    if (server) return { release: () => close(server) };
    if (await isAnswered(address)) break;
    // The socket of a holder that died: nobody listens, but its name is still there.
    await rm(address, { force: true });
  }
  throw new ModelLockError('busy', `another process is at work on ${folder}; wait for it to end`);
}

/** A socket's path may have about 100 bytes, so it is a short one named after the folder. */
async function addressOf(folder: string): Promise<string> {
  const path = await realpath(folder).catch((error: unknown) => {
    throw fileError('lock', folder, error);
  });
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\modellock-${name}`
    : join(tmpdir(), `modellock-${name}.lock`);
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new ModelLockError('io', `cannot lock: ${error.message}`, { cause: error }));
    });
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
