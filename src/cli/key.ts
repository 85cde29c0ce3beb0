import { checkedKey, ModelLockError, readKey, readText, type Key } from '../index.ts';
import { askHidden } from './ask-hidden.ts';
import type { Context } from './options.ts';

export interface KeyOptions {
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** The variable that may hold the key; it is removed before anything else starts. */
export const keyVariable = 'MODELLOCK_KEY';

/** The key of a command as it was given, without asking for it. */
export async function givenKey(
  { key, keyFile }: KeyOptions,
  { environmentKey }: Context,
): Promise<Key | undefined> {
  const file = keyFile === undefined ? undefined : { text: await readText(keyFile), path: keyFile };
  const found = readKey({ file, argument: key, environment: environmentKey });
  if (found?.exposed) {
    console.error(
      `modellock: a key on the command line is seen by others on this machine and kept in the shell's history; prefer --key-file, ${keyVariable} or the prompt`,
    );
  }
  return found?.key;
}

/**
 * The key of a command that cannot do without one: as it was given, or from a hidden prompt.
 *
 * @param twice asks a second time: nobody sees what is typed, and a model locked with a slip of the
 * finger is lost.
 */
export async function requireKey(
  options: KeyOptions,
  context: Context,
  { twice = false } = {},
): Promise<Key> {
  const given = await givenKey(options, context);
  if (given) return given;
  if (!process.stdin.isTTY) {
    throw new ModelLockError('key', 'no key, and no terminal to ask for one', {
      valid: ['--key-file FILE', `${keyVariable}=...`, '--key PROMPT'],
    });
  }
  const prompt = await askHidden('Key prompt: ', context.signal);
  if (twice && (await askHidden('The same again: ', context.signal)) !== prompt) {
    throw new ModelLockError('key', 'these are two different keys');
  }
  return checkedKey({ prompt });
}
