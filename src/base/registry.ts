import { ModelLockError, type ErrorCode } from './error.ts';

/**
 * The entry of a registry that a file or a user names. Names that every object inherits, such as
 * `constructor`, are not entries.
 */
export function entryOf<T>(registry: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(registry, name) ? registry[name] : undefined;
}

/** As `entryOf`; where there is none, throws an error that lists the names there are. */
export function requireEntry<T>(
  registry: Readonly<Record<string, T>>,
  name: string,
  code: ErrorCode,
  message: string,
): T {
  const entry = entryOf(registry, name);
  if (entry !== undefined) return entry;
  throw new ModelLockError(code, message, { valid: Object.keys(registry) });
}
