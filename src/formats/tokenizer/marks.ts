/** A token that is one wherever it stands in a text, such as `<|endoftext|>` or `[SEP]`. */
export interface Mark {
  readonly id: number;
  readonly content: string;
  /** Whether it is looked for after the text was normalised: lower-cased, for one. */
  readonly normalized: boolean;
}

/** `tokenizer.json`, of which only the marks are looked into here. */
export interface FastTokenizer {
  readonly added_tokens: readonly Mark[];
}

/** A text cut at every mark: what is between them, and the marks' ids. */
export function splitAt(text: string, marks: readonly Mark[]): (string | number)[] {
  return marks
    .reduce<(string | number)[]>(
      (parts, { id, content }) =>
        parts.flatMap((part) =>
          typeof part === 'number'
            ? [part]
            : part.split(content).flatMap((piece, i) => (i === 0 ? [piece] : [id, piece])),
        ),
      [text],
    )
    .filter((part) => part !== '');
}

/** A mark as a configuration has it: its text, or an object with it. */
export function contentOf(token: unknown, otherwise: string): string {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : otherwise;
}
