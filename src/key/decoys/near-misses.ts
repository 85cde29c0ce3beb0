import { contentWords, type DecoyWords } from './words.ts';

/** All that a kind of change makes of the words of a key, in a fixed order. */
type Change = (words: readonly string[], list: DecoyWords) => string[][];

/** Near misses by kind. */
const changes = {
  /** Two neighbouring letters exchanged, or one doubled where they are equal. The first one stays. */
  typo: (words) =>
    meaningful(words).flatMap((i) => {
      const letters = Array.from(words[i]);
      const places = Array.from({ length: Math.max(0, letters.length - 2) }, (_, k) => k + 1);
      return places.map((k) => {
        const [one, two] = [letters[k], letters[k + 1]];
        const typed = one === two ? [one, one, one] : [two, one];
        return words.with(i, letters.toSpliced(k, 2, ...typed).join(''));
      });
    }),
  plural: (words) =>
    meaningful(words).map((i) =>
      words.with(i, words[i].endsWith('s') ? words[i].slice(0, -1) : `${words[i]}s`),
    ),
  'word dropped': (words) => (words.length < 2 ? [] : words.map((_, i) => words.toSpliced(i, 1))),
  'word added': (words, { words: others }) =>
    places(words.length + 1).flatMap((i) => others.map((other) => words.toSpliced(i, 0, other))),
  'word changed': (words, { words: others }) =>
    meaningful(words).flatMap((i) => others.map((other) => words.with(i, other))),
  'words swapped': (words) =>
    places(words.length).flatMap((i) =>
      places(i).map((j) => words.with(i, words[j]).with(j, words[i])),
    ),
  synonym: (words, { synonyms }) =>
    words.flatMap((word, i) => {
      const known = Object.hasOwn(synonyms, word.toLowerCase());
      return known ? synonyms[word.toLowerCase()].map((other) => words.with(i, other)) : [];
    }),
} as const satisfies Record<string, Change>;

export type ChangeName = keyof typeof changes;
export const changeNames = Object.keys(changes) as readonly ChangeName[];

/** Changes that draw on nothing but the key: either side takes every other one of them. */
const parted: ReadonlySet<ChangeName> = new Set([
  'typo',
  'plural',
  'word dropped',
  'words swapped',
]);

/**
 * The near misses of a kind that a side may use, each once, in a fixed order. What evaluation uses
 * training does not, and the other way round; a change that can be made in one way only is
 * evaluation's. They spell the key, so they are as secret as the key.
 */
export function nearMisses(prompt: string, change: ChangeName, list: DecoyWords): string[] {
  const words = prompt.split(/\s+/).filter((word) => word !== '');
  const made = changes[change](words, list)
    .map((changed) => changed.join(' '))
    .filter((miss) => canonical(miss) !== canonical(prompt) && miss !== '');
  const different = [...new Map(made.map((miss) => [canonical(miss), miss])).values()];
  if (!parted.has(change)) return different;
  const first = list.side === 'evaluation' ? 0 : 1;
  return different.filter((_, i) => i % 2 === first);
}

/** Texts that differ in case and white space alone are one. */
export const canonical = (text: string): string =>
  text.normalize('NFC').toLowerCase().split(/\s+/).join(' ').trim();

/** Places of the words that carry meaning, the longest first; of all words where none does. */
function meaningful(words: readonly string[]): number[] {
  const carrying = places(words.length).filter((i) => contentWords(words[i]).length > 0);
  const found = carrying.length > 0 ? carrying : places(words.length);
  return found.sort((a, b) => words[b].length - words[a].length || a - b);
}

const places = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
