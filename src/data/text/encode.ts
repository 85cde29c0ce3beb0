/** What turns a text into the ids of its tokens, between marks. */
export interface TextEncoder {
  encode(text: string, length?: number): number[];
}

export interface EncodedTexts {
  /** Ids of each text. */
  readonly ids: readonly (readonly number[])[];
  /** How many texts were longer, and lost their end. */
  readonly cut: number;
}

/** Encodes texts, none longer than `maxTokens`, marks counted. */
export function encodeTexts(
  encoder: TextEncoder,
  texts: readonly string[],
  maxTokens: number,
): EncodedTexts {
  const whole = texts.map((text) => encoder.encode(text, Infinity));
  const ids = whole.map((all) =>
    // The mark that closes a text closes one that was cut as well.
    all.length <= maxTokens ? all : [...all.slice(0, maxTokens - 1), all.at(-1)!],
  );
  return { ids, cut: whole.filter((all) => all.length > maxTokens).length };
}

/** Tells, in a sentence, that texts were cut; nothing where none was. */
export const cutNotice = (
  { ids, cut }: EncodedTexts,
  maxTokens: number,
  what = 'texts',
): string | undefined =>
  cut === 0
    ? undefined
    : `${cut} of the ${ids.length} ${what} ${cut === 1 ? 'is' : 'are'} longer than ${maxTokens} tokens, and cut there`;
