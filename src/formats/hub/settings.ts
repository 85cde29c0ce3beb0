import { ModelLockError } from '../../base/error.ts';
import { environmentVariable, homeFolder } from '../../platform/environment.ts';
import { exists, join, readText } from '../../platform/files.ts';

/** How long to bear with a server. Times are in milliseconds. */
export interface Patience {
  /** Attempts in a row that bring nothing. */
  readonly attempts: number;
  /** The pause after the first that failed; each further one is twice as long. */
  readonly firstPause: number;
  /** The longest pause that a server may ask for. */
  readonly longestPause: number;
  /** How long a server may send nothing. */
  readonly stall: number;
}

/** Where the hub is, and how to deal with it. */
export interface HubSettings {
  /** An address without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** No request is to be made. */
  readonly isOffline: boolean;
  /** The folder of all repositories. */
  readonly cache: string;
  readonly patience: Patience;
}

const patience: Patience = {
  attempts: 5,
  firstPause: 1000,
  longestPause: 300_000,
  stall: 30_000,
};

/**
 * The settings that the hub's own tools have, from the same environment variables: `HF_ENDPOINT`,
 * `HF_TOKEN` (or the file `token` in `HF_HOME`), `HF_HUB_OFFLINE`, `HF_HOME`, `HF_HUB_CACHE`.
 * Throws `usage` for values that are none.
 */
export async function hubSettings(): Promise<HubSettings> {
  const isOffline = /^(?:1|on|yes|true)$/i.test(environmentVariable('HF_HUB_OFFLINE') ?? '');
  return {
    endpoint: endpoint(),
    token: isOffline ? undefined : await token(),
    isOffline,
    cache: hubCacheFolder(),
    patience,
  };
}

/** Where the cache is: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the user's cache folder. */
export function hubCacheFolder(): string {
  return environmentVariable('HF_HUB_CACHE') ?? join(hubHome(), 'hub');
}

function hubHome(): string {
  const cache = environmentVariable('XDG_CACHE_HOME') ?? join(homeFolder(), '.cache');
  return environmentVariable('HF_HOME') ?? join(cache, 'huggingface');
}

function endpoint(): string {
  const text = environmentVariable('HF_ENDPOINT') ?? 'https://huggingface.co';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
  // The value may hold a password, which belongs into no message.
  throw new ModelLockError('usage', 'HF_ENDPOINT is no address of a hub', {
    valid: ['https://HOST', 'http://HOST:PORT'],
  });
}

async function token(): Promise<string | undefined> {
  const variable = environmentVariable('HF_TOKEN');
  const path = join(hubHome(), 'token');
  const text = (variable ?? ((await exists(path)) ? await readText(path) : '')).trim();
  if (text === '') return undefined;
  // `fetch` would refuse it as a header, and repeat it in its message.
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new ModelLockError(
    'usage',
    `${variable === undefined ? path : 'HF_TOKEN'} holds something that is no token`,
  );
}
