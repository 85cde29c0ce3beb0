import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/**
 * A model hub on this machine: it lists repositories, redirects large files to a content server on
 * another port, and knows ranges, tags and tokens, as the real one does. Faults can be switched on.
 */

export interface Repository {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly commit: string;
  /** Branches and tags beside `main`, with their commits: all of the same files. */
  readonly revisions?: Readonly<Record<string, string>>;
  /** Whoever reads it needs a token. A gated one is listed to everybody, a private one is not. */
  readonly access?: 'gated' | 'private';
}

/** What the hub has been asked. */
export interface Asked {
  readonly server: 'hub' | 'content';
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Does something else than answering, and says so; `undefined` to answer as usual. */
export type Fault = (
  asked: Asked,
  response: ServerResponse,
  content: Uint8Array | undefined,
) => true | undefined;

export interface HubServer {
  readonly endpoint: string;
  readonly asked: Asked[];
  readonly token: string;
  readonly repositories: Map<string, Repository>;
  /** Tried in order at every request. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/** Smaller files lie in git, larger ones on the content server. */
export const largeBytes = 1000;

export async function startHub(
  repositories: Readonly<Record<string, Repository>> = {},
): Promise<HubServer> {
  const asked: Asked[] = [];
  const faults: Fault[] = [];
  const known = new Map(Object.entries(repositories));
  const token = 'hf_secretOfTheTests';

  const content = await listen((request, response) => {
    const [, hash] = (request.url ?? '').split(/[/?]/);
    const file = [...known.values()]
      .flatMap(({ files }) => Object.values(files))
      .find((bytes) => sha256(bytes) === hash);
    const seen = note('content', request);
    if (isFaulty(seen, response, file)) return;
    // As a real content server: what it did not sign is not its business.
    if (request.headers.authorization !== undefined || !file) response.writeHead(400).end();
    else sendFile(request, response, file, {});
  });

  const hub = await listen((request, response) => {
    const seen = note('hub', request);
    const path = decodeURIComponent(seen.path.split('?')[0]);
    const parts =
      /^\/(?:api\/models\/(?<listed>.+?)\/revision\/(?<revision>.+)|(?<name>.+?)\/resolve\/(?<commit>[^/]+)\/(?<file>.+))$/.exec(
        path,
      )?.groups;
    const name = parts?.['listed'] ?? parts?.['name'] ?? '';
    const repository = known.get(name);
    const file = repository?.files[parts?.['file'] ?? ''];
    if (isFaulty(seen, response, file)) return;
    const isKnown = request.headers.authorization === `Bearer ${token}`;
    if (!repository || (repository.access === 'private' && !isKnown)) {
      refuse(response, isKnown ? 404 : 401, 'RepoNotFound');
    } else if (parts?.['listed'] !== undefined) {
      const commit = commitOf(repository, parts['revision']);
      if (commit === undefined) refuse(response, 404, 'RevisionNotFound');
      else sendJson(response, { id: name, sha: commit, siblings: listing(repository) });
    } else if (repository.access === 'gated' && !isKnown) refuse(response, 401, 'GatedRepo');
    else if (!file) refuse(response, 404, 'EntryNotFound');
    else if (file.length < largeBytes) {
      sendFile(request, response, file, {
        etag: `"${gitId(file)}"`,
        'x-repo-commit': repository.commit,
      });
    } else {
      response.writeHead(302, {
        location: `${content.address}/${sha256(file)}?signature=x`,
        'x-linked-etag': `"${sha256(file)}"`,
        'x-linked-size': file.length,
        'x-repo-commit': repository.commit,
      });
      response.end();
    }
  });

  function note(
    server: Asked['server'],
    { method = '', url = '', headers }: IncomingMessage,
  ): Asked {
    const one = { server, method, path: url, headers };
    asked.push(one);
    return one;
  }
  const isFaulty = (one: Asked, response: ServerResponse, file: Uint8Array | undefined): boolean =>
    faults.some((fault) => fault(one, response, file));

  return {
    endpoint: hub.address,
    asked,
    token,
    repositories: known,
    faults,
    close: async () => {
      await Promise.all([hub, content].map(({ server }) => closed(server)));
    },
  };
}

/** The files of a folder as a repository. */
export function repositoryOf(folder: string, more: Partial<Repository> = {}): Repository {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map((path): [string, Uint8Array] => [
    path.slice(folder.length + 1).replaceAll('\\', '/'),
    readFileSync(path),
  ]);
  return { commit: 'c'.repeat(40), files: Object.fromEntries(files), ...more };
}

/** Faults that tests switch on. */
export const faults = {
  /** Answers with a status, so many times. */
  status(code: number, times = Infinity, headers: Record<string, string> = {}): Fault {
    let left = times;
    return (_asked, response) => {
      if (left-- <= 0) return undefined;
      response.writeHead(code, headers).end('{"error": "no"}');
      return true;
    };
  },
  /** Cuts the connection after so many bytes of each content, so many times. */
  cut(bytes: number, times = Infinity): Fault {
    let left = times;
    return ({ server, headers }, response, content) => {
      if (server !== 'content' || !content || left-- <= 0) return undefined;
      const from = startOf(headers.range);
      response.writeHead(from > 0 ? 206 : 200, headOf(content, from));
      response.write(content.subarray(from, from + bytes), () => response.destroy());
      return true;
    };
  },
  /** Sends so many bytes of each content, and then nothing more. */
  stall(bytes: number, times = Infinity): Fault {
    let left = times;
    return ({ server, headers }, response, content) => {
      if (server !== 'content' || !content || left-- <= 0) return undefined;
      const from = startOf(headers.range);
      response.writeHead(from > 0 ? 206 : 200, headOf(content, from));
      response.write(content.subarray(from, from + bytes));
      return true;
    };
  },
  /** Sends contents in pieces, with a pause after each. */
  trickle(bytes: number, milliseconds: number): Fault {
    return ({ server, headers }, response, content) => {
      if (server !== 'content' || !content) return undefined;
      let place = startOf(headers.range);
      response.writeHead(place > 0 ? 206 : 200, headOf(content, place));
      const timer = setInterval(() => {
        response.write(content.subarray(place, place + bytes));
        place += bytes;
        if (place < content.length) return;
        clearInterval(timer);
        response.end();
      }, milliseconds);
      response.on('close', () => clearInterval(timer));
      return true;
    };
  },
  /** Sends other bytes, as many, so many times. */
  wrong(times = Infinity): Fault {
    let left = times;
    return ({ server }, response, content) => {
      if (server !== 'content' || !content || left-- <= 0) return undefined;
      response.writeHead(200, headOf(content, 0)).end(content.map((byte) => byte ^ 1));
      return true;
    };
  },
  /** Sends the whole file whatever part of it is asked for. */
  ignoreRange(): Fault {
    return ({ server }, response, content) => {
      if (server !== 'content' || !content) return undefined;
      response.writeHead(200, headOf(content, 0)).end(content);
      return true;
    };
  },
  /** Answers listings with something else. */
  listing(text: string, type = 'text/html'): Fault {
    return ({ path }, response) => {
      if (!path.startsWith('/api/')) return undefined;
      response.writeHead(200, { 'content-type': type }).end(text);
      return true;
    };
  },
} as const;

interface Listening {
  readonly server: Server;
  readonly address: string;
}

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

const commitOf = ({ commit, revisions = {} }: Repository, revision: string): string | undefined =>
  revision === 'main' || revision === commit ? commit : revisions[revision];

const listing = ({ files }: Repository): object[] =>
  Object.entries(files).map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    blobId: gitId(bytes),
    ...(bytes.length < largeBytes
      ? {}
      : { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
  }));

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, word: string): void {
  response.writeHead(status, { 'x-error-code': word, 'x-error-message': 'No.' }).end();
}

function sendFile(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array,
  more: Record<string, string>,
): void {
  const from = startOf(headers.range);
  response.writeHead(from > 0 ? 206 : 200, { ...headOf(file, from), ...more });
  response.end(method === 'HEAD' ? undefined : file.subarray(from));
}

const startOf = (range: string | undefined): number =>
  Number(/^bytes=(?<start>\d+)-$/.exec(range ?? '')?.groups?.['start'] ?? 0);

const headOf = (file: Uint8Array, from: number): Record<string, string | number> => ({
  'content-length': file.length - from,
  ...(from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
});

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export const gitId = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
