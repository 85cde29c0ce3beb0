import { ModelLockError } from '../../base/error.ts';

/** A repository of the hub at a revision: a branch, a tag or a commit. */
export interface HubReference {
  /** `owner/name`, or `name` alone for the oldest. */
  readonly repository: string;
  readonly revision: string;
}

/** A word of a repository's name, as the hub allows it: it neither begins nor ends with a mark. */
const word = String.raw`\w(?:[\w.-]*\w)?`;
const pattern = new RegExp(
  String.raw`^(?<repository>${word}(?:/${word})?)(?:@(?<revision>[\w./-]+))?$`,
);

/** Reads `owner/name[@revision]`. Throws `usage`. */
export function parseHubReference(text: string): HubReference {
  const { repository, revision = 'main' } = pattern.exec(text)?.groups ?? {};
  if (repository !== undefined && !/\.\.|--/.test(repository)) return { repository, revision };
  throw new ModelLockError('usage', `"${text}" is no reference to the hub`, {
    valid: ['owner/name', 'owner/name@revision'],
  });
}

/** As users write it. */
export const hubReferenceText = ({ repository, revision }: HubReference): string =>
  `hf:${repository}${revision === 'main' ? '' : `@${revision}`}`;

const commitPattern = /^[0-9a-f]{40}$/;

/** Whether a revision is a commit, whose files never change. */
export const isCommit = (revision: string): boolean => commitPattern.test(revision);
