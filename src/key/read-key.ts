import { ModelLockError } from '../base/error.ts';
import { checkedKey, parseKeyFile, type Key } from './key.ts';

/** Where a key may come from, as the caller has read it. Absent sources are left out. */
export interface KeySources {
  /** The content of a key file, and its path for messages. */
  readonly file?: { readonly text: string; readonly path: string } | undefined;
  /** The value of the environment variable: what may stand in a file. */
  readonly environment?: string | undefined;
  /** What was given on the command line. */
  readonly argument?: string | undefined;
}

export interface ReadKey {
  readonly key: Key;
  readonly source: keyof KeySources;
  /** Whether others on the machine could see it: a command line is public and kept in a history. */
  readonly exposed: boolean;
}

/**
 * The key of a command, or `undefined` where no source has one. What is asked for now, by a file
 * or an argument, goes before the environment, which was set once; a file and an argument at once
 * are a mistake.
 *
 * Throws `usage` for a file and an argument together, `key` for an empty or malformed key.
 */
export function readKey({ file, environment, argument }: KeySources): ReadKey | undefined {
  if (file && argument !== undefined) {
    throw new ModelLockError('usage', 'the key is given twice, as a file and as an argument');
  }
  if (file) return { key: parseKeyFile(file.text, file.path), source: 'file', exposed: false };
  if (argument !== undefined) {
    return { key: checkedKey({ prompt: argument }), source: 'argument', exposed: true };
  }
  if (environment !== undefined) {
    const key = parseKeyFile(environment, 'the environment variable');
    return { key, source: 'environment', exposed: false };
  }
  return undefined;
}
