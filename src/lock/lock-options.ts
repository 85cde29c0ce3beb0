import { ModelLockError } from '../base/error.ts';
import type { Key } from '../key/key.ts';

/** Options that are about a lock, by their names in a program. */
const ofLocks = { key: '--key', editor: '--editor', baseline: '--baseline' } as const;
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

/** Throws `usage` for an editor without a key: nothing would be edited with it. */
export function requireKeyForEditor(
  { key, editor }: { readonly key?: Key; readonly editor?: string },
  ways: readonly string[],
): void {
  if (editor === undefined || key) return;
  throw new ModelLockError('usage', '--editor is for pictures that are edited first', {
    valid: ways,
  });
}
