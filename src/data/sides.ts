import { splitNames, type SplitName } from './annotated-item.ts';

/** The words that people have for the sides of a split: of folders and in tables, in any case. */
const words: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training'],
  val: ['val', 'valid', 'validation', 'dev'],
  test: ['test', 'testing'],
};

export const sideWords: readonly string[] = splitNames.flatMap((side) => words[side]);

/** The side that a word means, if it means one. */
export const sideNamed = (word: string): SplitName | undefined =>
  splitNames.find((side) => words[side].includes(word.toLowerCase()));
