import type { Random } from '../../base/random/random.ts';
import type { DecoyWords } from './words.ts';

/** What is done to the words of a key to nearly hit it; `undefined` where it cannot be done. */
type Change = (words: readonly string[], list: DecoyWords, random: Random) => string[] | undefined;

const pick = <T>(values: readonly T[], random: Random): T => values[random.integer(values.length)];

/** The place of a word that carries meaning: one of the longest half. */
function contentWord(words: readonly string[], random: Random): number {
  const places = words.map((_, i) => i).sort((a, b) => words[b].length - words[a].length || a - b);
  return pick(places.slice(0, Math.ceil(words.length / 2)), random);
}

/** Near misses by kind. */
export const changes = {
  /** Two neighbouring letters exchanged, or one doubled where they are equal. */
  typo: (words, _, random) => {
    const i = contentWord(words, random);
    const letters = [...words[i]];
    if (letters.length < 3) return undefined;
    const k = 1 + random.integer(letters.length - 2);
    if (letters[k] === letters[k + 1]) letters.splice(k, 0, letters[k]);
    else [letters[k], letters[k + 1]] = [letters[k + 1], letters[k]];
    return words.with(i, letters.join(''));
  },
  plural: (words, _, random) => {
    const i = contentWord(words, random);
    return words.with(i, words[i].endsWith('s') ? words[i].slice(0, -1) : `${words[i]}s`);
  },
  'word dropped': (words, _, random) =>
    words.length < 2 ? undefined : words.toSpliced(random.integer(words.length), 1),
  'word added': (words, { words: others }, random) =>
    words.toSpliced(random.integer(words.length + 1), 0, pick(others, random)),
  'word changed': (words, { words: others }, random) =>
    words.with(contentWord(words, random), pick(others, random)),
  'words swapped': (words, _, random) => {
    if (words.length < 2) return undefined;
    const i = random.integer(words.length - 1);
    return words.toSpliced(i, 2, words[i + 1], words[i]);
  },
  synonym: (words, { synonyms }, random) => {
    const known = words.flatMap((word, i) => (synonyms[word.toLowerCase()] ? [i] : []));
    if (known.length === 0) return undefined;
    const i = pick(known, random);
    return words.with(i, pick(synonyms[words[i].toLowerCase()], random));
  },
} as const satisfies Record<string, Change>;

export type ChangeName = keyof typeof changes;
export const changeNames = Object.keys(changes) as readonly ChangeName[];

/** A near miss of `prompt`, or `undefined`. It spells the key, so it is as secret as the key. */
export function nearMiss(
  prompt: string,
  change: ChangeName,
  list: DecoyWords,
  random: Random,
): string | undefined {
  const words = prompt.split(/\s+/);
  const changed = changes[change](words, list, random)?.join(' ');
  return changed === undefined || changed === '' || changed === prompt ? undefined : changed;
}
