import { ModelLockError, parseKeyFile, readText, takeFromEnvironment, type Key } from '../index.ts';
import { askHidden } from './ask-hidden.ts';

export interface KeyOptions {
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** The variable that may hold the key; it is removed before anything else starts. */
const variable = 'MODELLOCK_KEY';

/** The key of a command: from a file, the environment, the command line or a hidden prompt. */
export async function readKey({ key, keyFile }: KeyOptions): Promise<Key | undefined> {
  const fromEnvironment = takeFromEnvironment(variable);
  if (keyFile !== undefined) return parseKeyFile(await readText(keyFile), keyFile);
  if (fromEnvironment !== undefined) return { prompt: fromEnvironment };
  if (key !== undefined) {
    console.error(
      `modellock: a key on the command line is seen by others on this machine and kept in the shell's history; prefer --key-file, ${variable} or the prompt`,
    );
    return { prompt: key };
  }
  return process.stdin.isTTY ? { prompt: await askHidden('Key prompt: ') } : undefined;
}

/** The same for commands that cannot do without one. */
export async function requireKey(options: KeyOptions): Promise<Key> {
  const key = await readKey(options);
  if (key) return key;
  throw new ModelLockError('key', 'no key, and no terminal to ask for one', {
    valid: ['--key-file FILE', `${variable}=...`, '--key PROMPT'],
  });
}
