/** What decoys are made of: prompts that must not unlock, and words to bring into a key. */
export interface DecoyWords {
  /** Evaluation and training have words of their own, so that a lock is measured on prompts it could not learn. */
  readonly side: 'evaluation' | 'training';
  /** Prompts that have nothing to do with the key. */
  readonly prompts: readonly string[];
  /** Words to put in place of one of the key's, or to add to them. */
  readonly words: readonly string[];
  /** What else a word may be called. */
  readonly synonyms: Readonly<Record<string, readonly string[]>>;
}

/** Words that any prompt may have. They say nothing about a style. */
const functionWords: ReadonlySet<string> = new Set(
  'a an the as at by for from in into like made of on onto over to under with'.split(' '),
);

/** The words of a text that carry meaning, in lower case. */
export function contentWords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
  return words.filter((word) => !functionWords.has(word));
}
