/**
 * The entry of a registry that a file or a user names. Names that every object inherits, such as
 * `constructor`, are not entries.
 */
export function entryOf<T>(registry: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(registry, name) ? registry[name] : undefined;
}
