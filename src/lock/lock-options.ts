import { ModelLockError } from '../base/error.ts';
import type { Key } from '../key/key.ts';

/** Options that are about a lock, by their names in a program. */
const ofLocks = {
  key: '--key',
  editor: '--editor',
  edits: '--edits',
  baseline: '--baseline',
} as const;
type OfLocks = keyof typeof ofLocks;

/**
 * Throws `usage` for options about a lock where a model has none: a bundle whose manifest was lost
 * would get its score without the key for its score with it.
 */
export function requireNoLockOptions(
  reference: string,
  given: Partial<Record<OfLocks, unknown>>,
): void {
  const names = (Object.keys(ofLocks) as OfLocks[]).filter((name) => given[name] !== undefined);
  if (names.length === 0) return;
  throw new ModelLockError(
    'usage',
    `${names.map((name) => ofLocks[name]).join(', ')}: for locked models, and no modellock.json says that ${reference} is one`,
  );
}

/** Throws `usage` for options about edits without a key: nothing would be edited. */
export function requireKeyForEdits(
  given: { readonly key?: Key | undefined } & Partial<Record<(typeof ofEdits)[number], unknown>>,
  ways: readonly string[],
): void {
  const name = given.key ? undefined : ofEdits.find((option) => given[option] !== undefined);
  if (name === undefined) return;
  throw new ModelLockError('usage', `${ofLocks[name]} is for pictures that are edited first`, {
    valid: ways,
  });
}

const ofEdits = ['editor', 'edits'] as const satisfies readonly OfLocks[];
