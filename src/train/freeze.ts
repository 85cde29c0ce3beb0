import { ModelLockError } from '../base/error.ts';

/** What is not trained: everything but the last layer, or parameters by the beginnings of their names. */
export type Freeze = 'all-but-head' | readonly string[];

export interface NamedParameters {
  readonly names: readonly string[];
  readonly isHead: (name: string) => boolean;
}

/**
 * Whether a parameter is frozen, by its full name. A beginning is one or more whole parts of a
 * name: `blocks.1` is not the beginning of `blocks.10.norm1.weight`.
 *
 * Throws `usage` for a beginning that no parameter has, and where nothing would be left to train.
 */
export function frozenBy(
  freeze: Freeze,
  { names, isHead }: NamedParameters,
): (name: string) => boolean {
  const isFrozen = freeze === 'all-but-head' ? notHead(isHead) : beginningWith(freeze, names);
  if (!names.every(isFrozen)) return isFrozen;
  throw new ModelLockError('usage', 'all parameters are frozen: nothing is left to train');
}

const notHead =
  (isHead: (name: string) => boolean) =>
  (name: string): boolean =>
    !isHead(name);

function beginningWith(
  prefixes: readonly string[],
  names: readonly string[],
): (name: string) => boolean {
  for (const prefix of prefixes) {
    if (!names.some((name) => begins(name, prefix))) throw unknownPrefix(prefix, names);
  }
  return (name) => prefixes.some((prefix) => begins(name, prefix));
}

const begins = (name: string, prefix: string): boolean => `${name}.`.startsWith(`${prefix}.`);

/** Says what could follow the longest part of the prefix that is right. */
function unknownPrefix(prefix: string, names: readonly string[]): ModelLockError {
  const parts = prefix.split('.');
  let known = parts.length - 1;
  const right = (): string => parts.slice(0, known).join('.');
  while (known > 0 && !names.some((name) => begins(name, right()))) known--;
  const next = names
    .filter((name) => known === 0 || begins(name, right()))
    .map((name) =>
      name
        .split('.')
        .slice(0, known + 1)
        .join('.'),
    );
  return new ModelLockError('usage', `no parameter of the model begins with "${prefix}"`, {
    valid: [...new Set(next)],
  });
}
