import { ModelLockError } from '../../base/error.ts';
import { pause } from '../../base/job.ts';
import { version } from '../../base/version.ts';
import { withResponse, type HttpResponse } from '../../platform/http.ts';
import type { HubReference } from './reference.ts';
import { refusalOf } from './refusal.ts';
import type { HubSettings } from './settings.ts';

/** Something asked of the hub. */
export interface Question<T> {
  /** What it is about, for messages. */
  readonly about: HubReference;
  readonly url: string;
  readonly method?: 'GET' | 'HEAD';
  /** As of `HttpOptions`. */
  readonly staysAtOrigin?: boolean;
  /** Asked for anew at each attempt: a download goes on where it stopped. */
  readonly headers?: () => Readonly<Record<string, string>>;
  /** Reads the answer. What it throws as `network` is worth another attempt. */
  readonly read: (response: HttpResponse) => Promise<T>;
  /** What has been got so far: an attempt that got more does not count as failed. */
  readonly progress?: () => number;
}

/**
 * Asks the hub, again after a pause while there is hope: after cut and stalled connections, and
 * answers that say that the server is busy or broken. Throws `network`, `not-found` for a
 * repository or a revision that is not there, `interrupted`.
 */
export async function ask<T>(
  hub: HubSettings,
  question: Question<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { attempts, firstPause, longestPause } = hub.patience;
  const progress = (): number => question.progress?.() ?? 0;
  let failures = 0;
  for (;;) {
    const before = progress();
    const outcome = await attempt(hub, question, signal);
    if ('value' in outcome) return outcome.value;
    failures = progress() > before ? 1 : failures + 1;
    const wait = outcome.wait ?? firstPause * 2 ** (failures - 1);
    if (failures >= attempts || wait > longestPause) throw outcome.failure;
    await pause(wait, signal);
  }
}

/** `wait` is what the server asks for, in milliseconds; infinite where another attempt is no use. */
type Outcome<T> =
  { readonly value: T } | { readonly failure: ModelLockError; readonly wait?: number | undefined };

async function attempt<T>(
  hub: HubSettings,
  { about, url, method, staysAtOrigin, headers, read }: Question<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  const options = {
    method,
    staysAtOrigin,
    headers: { 'user-agent': `modellock/${version}`, ...headers?.() },
    authorization: hub.token && `Bearer ${hub.token}`,
    stall: hub.patience.stall,
    signal,
  };
  try {
    return await withResponse(url, options, async (response) => {
      const isAnswer = response.status < 300 || (staysAtOrigin && response.status < 400);
      return isAnswer ? { value: await read(response) } : refusalOf(response, about, hub);
    });
  } catch (error) {
    if (error instanceof ModelLockError && error.code === 'network') return { failure: error };
    throw error;
  }
}
