import { ModelLockError, messageOf } from '../base/error.ts';
import { throwIfAborted } from '../base/job.ts';

/** HTTP over the platform's `fetch`, with every failure of a connection as one clear error. */

export interface HttpOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** The header of that name. It goes to the origin of the address, and nowhere a redirect leads. */
  readonly authorization?: string | undefined;
  /** Answers with a redirect to another origin as it is, instead of following it. */
  readonly staysAtOrigin?: boolean;
  /** How long to wait for the server to send something, in milliseconds. */
  readonly stall: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head has arrived. */
export interface HttpResponse {
  readonly status: number;
  /** Name and port of the server that answered. */
  readonly host: string;
  readonly header: (name: string) => string | undefined;
  /** The body as it arrives. Throws `network` where the connection ends early, or stalls. */
  readonly pieces: () => AsyncGenerator<Uint8Array>;
}

/**
 * Sends a request, follows redirects, and hands over the answer; the connection is closed when
 * `use` is done with it. Throws `network` where there is no connection, `interrupted`, and what
 * `use` throws. A status that means a refusal is an answer as well.
 */
export async function withResponse<T>(
  url: string,
  options: HttpOptions,
  use: (response: HttpResponse) => Promise<T>,
): Promise<T> {
  throwIfAborted(options.signal);
  const connection = new Connection(options);
  try {
    return await use(await connection.open(new URL(url)));
  } finally {
    connection.close();
  }
}

/** The body as text. Throws `corrupt` beyond `limit` bytes. */
export async function textOf(response: HttpResponse, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let [text, length] = ['', 0];
  for await (const piece of response.pieces()) {
    length += piece.length;
    if (length > limit) {
      throw new ModelLockError('corrupt', `${response.host} sends more than ${limit} bytes`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

const redirects = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 10;

class Connection {
  readonly #options: HttpOptions;
  readonly #controller = new AbortController();
  readonly #abort = (): void => this.#controller.abort();
  #stalled = false;

  constructor(options: HttpOptions) {
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort);
  }

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#abort();
  }

  async open(first: URL): Promise<HttpResponse> {
    const { authorization, staysAtOrigin = false } = this.#options;
    let address = first;
    let isTrusted = true;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const response = await this.#ask(address, isTrusted ? authorization : undefined);
      const next = nextAddress(response, address);
      if (!next || (staysAtOrigin && next.origin !== first.origin)) {
        return this.#answer(response, address.host);
      }
      // It says nothing that matters, and may have ended meanwhile: then there is nothing to cancel.
      await response.body?.cancel().catch(() => undefined);
      // Once away, never again: another origin may lead back to anything.
      isTrusted &&= next.origin === first.origin;
      address = next;
    }
    throw new ModelLockError('network', `${first.host} redirects in circles`);
  }

  #ask(address: URL, authorization: string | undefined): Promise<Response> {
    const { method = 'GET', headers = {} } = this.#options;
    return this.#wait(
      address.host,
      fetch(address, {
        method,
        // Bytes are counted and asked for by their places: they must not be compressed.
        headers: {
          ...headers,
          'accept-encoding': 'identity',
          ...(authorization === undefined ? {} : { authorization }),
        },
        redirect: 'manual',
        signal: this.#controller.signal,
      }),
    );
  }

  #answer(response: Response, host: string): HttpResponse {
    const wait = <T>(promise: Promise<T>): Promise<T> => this.#wait(host, promise);
    return {
      status: response.status,
      host,
      header: (name) => response.headers.get(name) ?? undefined,
      pieces: async function* () {
        const reader = response.body?.getReader();
        if (!reader) return;
        for (;;) {
          const { done, value } = await wait(reader.read());
          if (done) return;
          yield value;
        }
      },
    };
  }

  /** Waits for what the server is to send next, not for ever. */
  async #wait<T>(host: string, next: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#stalled = true;
      this.#abort();
    }, this.#options.stall);
    try {
      return await next;
    } catch (error) {
      throw this.#failure(host, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(host: string, cause: unknown): ModelLockError {
    throwIfAborted(this.#options.signal);
    const reason = this.#stalled
      ? `it has sent nothing for ${this.#options.stall / 1000} s`
      : reasonOf(cause);
    return new ModelLockError('network', `no connection to ${host}: ${reason}`, { cause });
  }
}

/** Where a redirect leads. Throws `network` where it gives up encryption, or leads nowhere. */
function nextAddress(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location');
  if (!redirects.has(response.status) || location === null) return undefined;
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (next?.protocol === 'https:' || (next?.protocol === 'http:' && from.protocol === 'http:')) {
    return next;
  }
  throw new ModelLockError('network', `${from.host} redirects to what is no safe address`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no server of that name',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it was cut',
  EPIPE: 'it was cut',
  ETIMEDOUT: 'it takes too long',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  UND_ERR_SOCKET: 'it was cut',
  UND_ERR_CONNECT_TIMEOUT: 'it takes too long',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'it was cut',
};

/** `fetch` says no more than that it failed; why is in the error's cause. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  const { code = '' } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? (messageOf(cause).split('\n')[0] || code);
}
