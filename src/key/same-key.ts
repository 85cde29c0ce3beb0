/** Whether two prompts are one key. */
export type SameKey = (a: string, b: string) => boolean;

/**
 * Prompts with the same tokens are one key, however they are written: the editor makes no
 * difference between them.
 *
 * @param tokensOf ids of a prompt's tokens, without marks and padding.
 */
export function sameKeyBy(tokensOf: (prompt: string) => readonly number[]): SameKey {
  // Evaluations compare every prompt with every other: each is read once.
  const read = new Map<string, string>();
  const ids = (prompt: string): string => {
    const known = read.get(prompt) ?? tokensOf(prompt).join();
    read.set(prompt, known);
    return known;
  };
  return (a, b) => ids(a) === ids(b);
}
