import { ModelLockError } from '../base/error.ts';

/** Throws `usage` for two pictures of which files of one name would be made. */
export function requireDistinct(
  made: Iterable<{ readonly name: string; readonly of: string }>,
): void {
  const sources = new Map<string, string>();
  for (const { name, of } of made) {
    const other = sources.get(name);
    if (other !== undefined) {
      throw new ModelLockError('usage', `${other} and ${of} would both become ${name}`);
    }
    sources.set(name, of);
  }
}
