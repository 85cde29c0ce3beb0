import { ModelLockError } from '../../base/error.ts';
import type { HttpResponse } from '../../platform/http.ts';
import type { HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

/** Why the hub does not answer a question, and when it may. */
export interface Refusal {
  readonly failure: ModelLockError;
  /** Milliseconds until another attempt; infinite where none is of use. */
  readonly wait: number | undefined;
}

type Explain = (
  about: HubReference,
  hub: Pick<HubSettings, 'endpoint' | 'token'>,
  response: HttpResponse,
) => ModelLockError;

const noRepository: Explain = ({ repository }, { endpoint, token }) =>
  new ModelLockError(
    'not-found',
    `there is no ${repository} at ${endpoint}, or it is private and HF_TOKEN ${token === undefined ? 'is not set' : 'may not read it'}`,
  );

/** The hub says this of what is not there as well, to whom it does not know. */
const noAccess: Explain = ({ repository }, { endpoint, token }, { status }) =>
  new ModelLockError(
    'network',
    `${endpoint} does not let ${token === undefined ? 'strangers' : 'this HF_TOKEN'} read ${repository} (${status}): if the name is right, accept the conditions at ${endpoint}/${repository} and set HF_TOKEN to a token of that account`,
  );

const busy: Explain = (_about, { endpoint, token }, { status, header }) => {
  const seconds = header('retry-after');
  const time = seconds !== undefined && /^\d+$/.test(seconds) ? ` in ${seconds} s` : ' later';
  return new ModelLockError(
    'network',
    `${endpoint} is asked too often (${status}): try again${time}${token === undefined ? ', or set HF_TOKEN' : ''}`,
  );
};

/** By the header `X-Error-Code`, which is the hub's own word for it. */
const byWord: Readonly<Record<string, Explain>> = {
  RepoNotFound: noRepository,
  GatedRepo: noAccess,
  RevisionNotFound: ({ repository, revision }) =>
    new ModelLockError('not-found', `${repository} has no revision "${revision}"`),
};

const byStatus: Readonly<Record<number, Explain>> = {
  401: noAccess,
  403: noAccess,
  404: noRepository,
  429: busy,
};

const unexplained: Explain = ({ repository }, _hub, { status, host }) =>
  new ModelLockError('network', `${host} answers ${status} when it is asked for ${repository}`);

/** What an answer that is a refusal means. */
export function refusalOf(response: HttpResponse, about: HubReference, hub: HubSettings): Refusal {
  const { status, header } = response;
  const word = header('x-error-code') ?? '';
  const known = Object.hasOwn(byWord, word) ? byWord[word] : byStatus[status];
  return {
    failure: (known ?? unexplained)(about, hub, response),
    wait: mayPass(status) ? waitOf(header('retry-after')) : Infinity,
  };
}

const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The header `Retry-After`, seconds or a date, in milliseconds. */
function waitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const wait = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
