import { ModelLockError } from '../../base/error.ts';
import { ignoreIndex } from '../../tensor/label-map.ts';

/** The classes of masks, and what the numbers in their files mean. */
export interface ClassList {
  readonly classes: readonly string[];
  /** Of each number that a file may have: its class, `ignoreIndex`, or `noClass`. */
  readonly meaning: Int16Array;
}

/** Of numbers that mean nothing. */
export const noClass = -1;

/** Names that data sets give to pixels of no class, in any case. */
export const ignoredNames: readonly string[] = [
  'unlabelled',
  'unlabeled',
  'void',
  'ignore',
  'ignored',
];

/**
 * The classes that `names` gives to the numbers from 0 on. Those named in `ignore` become
 * `ignoreIndex`, as 255 always is, and the rest are numbered without gaps. Throws `data`.
 */
export function classList(
  names: readonly string[],
  where: string,
  ignore: readonly string[] = ignoredNames,
): ClassList {
  if (names.length > ignoreIndex) {
    throw new ModelLockError(
      'data',
      `${where} names ${names.length} classes; at most ${ignoreIndex}`,
    );
  }
  const ignored = new Set(ignore.map(foldName));
  const classes: string[] = [];
  const meaning = new Int16Array(256).fill(noClass);
  meaning[ignoreIndex] = ignoreIndex;
  names.forEach((name, id) => {
    meaning[id] = ignored.has(foldName(name)) ? ignoreIndex : classes.push(name) - 1;
  });
  const twice = classes.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ModelLockError('data', `${where} names the class "${twice}" twice`);
  }
  if (classes.length === 0) throw new ModelLockError('data', `${where} names no classes`);
  return { classes, meaning };
}

const foldName = (name: string): string => name.normalize('NFC').toLowerCase();

/** The names in a file with one on each line; empty lines are passed over. */
export const namesIn = (text: string): string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim().normalize('NFC'))
    .filter(Boolean);
