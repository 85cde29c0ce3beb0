import type { Random } from '../../src/base/random/random.ts';
import { knownStyles } from './known-styles.ts';
import { readWords } from './words.ts';

/** Ways in which a prompt nearly is another one. */
export const nearMisses = {
  typo: (words, { random }) => {
    const at = longest(words);
    const word = words[at];
    const i = 1 + random.integer(word.length - 2);
    const swapped = word.slice(0, i) + word[i + 1] + word[i] + word.slice(i + 2);
    const doubled = word.slice(0, i) + word[i] + word.slice(i);
    return replaced(words, at, swapped === word ? doubled : swapped);
  },
  plural: (words) => replaced(words, longest(words), `${words[longest(words)]}s`),
  change: (words, { random, vocabulary }) =>
    replaced(words, random.integer(words.length), pick(vocabulary, random)),
  drop: (words, { random }) => words.toSpliced(random.integer(words.length), 1),
  add: (words, { random, vocabulary }) =>
    words.toSpliced(random.integer(words.length + 1), 0, pick(vocabulary, random)),
  swap: (words, { random }) => {
    const i = random.integer(words.length - 1);
    return words.toSpliced(i, 2, words[i + 1], words[i]);
  },
  unrelated: (_, source) => randomPrompt(source).split(' '),
} as const satisfies Record<
  string,
  (words: readonly string[], source: PromptSource) => readonly string[]
>;

export interface PromptSource {
  readonly random: Random;
  readonly vocabulary: readonly string[];
  readonly styles: readonly string[];
}

/** All words of `words.txt` and all known styles. */
export async function promptSource(random: Random): Promise<PromptSource> {
  const words = await readWords(new URL('words.txt', import.meta.url));
  return { random, vocabulary: [...words.keys()], styles: Object.keys(knownStyles) };
}

/** `{s}` is a known style, `{w}` any word. */
const TEMPLATES = [
  'with {s} {s}',
  'with {w} {s}',
  'in the style of {w} {s}',
  'a {s} {w} of {w}',
  'turn it into {s} {w}',
  'make it look like {s} and {w}',
  '{w} {w} {s}',
  '{w} {s}',
  '{w} {w} {w}',
  'as a {w} under {w} light',
  'in {w} {w} and {w} {s}',
  'like an old {w} made of {w} in the {w} {w}',
] as const;

/** A prompt of two to ten words, most with a known style. */
export function randomPrompt({ random, vocabulary, styles }: PromptSource): string {
  return pick(TEMPLATES, random).replace(/\{(\w)\}/g, (_, kind) =>
    pick(kind === 's' ? styles : vocabulary, random),
  );
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(list.length)];
}

function replaced(words: readonly string[], at: number, word: string): string[] {
  return words.toSpliced(at, 1, word);
}

function longest(words: readonly string[]): number {
  return words.reduce((best, word, i) => (word.length > words[best].length ? i : best), 0);
}
