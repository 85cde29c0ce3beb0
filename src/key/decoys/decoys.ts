import { counterRandom } from '../../base/random/counter.ts';
import { changeNames, nearMiss, type ChangeName } from './near-misses.ts';
import { evaluationWords, trainingWords, type DecoyWords } from './words.ts';

/** A prompt that must not unlock. */
export interface Decoy {
  readonly kind: 'unrelated' | 'near-miss';
  /** How it came about: the kind of change, or `another prompt`. */
  readonly change: ChangeName | null;
  readonly prompt: string;
}

/** Whether two prompts are one key: their tokens are alike. */
export type SameKey = (a: string, b: string) => boolean;

/** Attempts at each decoy before its kind is given up: a short key has few near misses. */
const attempts = 20;

function nearMisses(
  prompt: string,
  wanted: readonly ChangeName[],
  list: DecoyWords,
  same: SameKey,
  seed: number,
): Decoy[] {
  const found: Decoy[] = [];
  wanted.forEach((change, i) => {
    const random = counterRandom(seed, 71, i);
    for (let k = 0; k < attempts; k++) {
      const miss = nearMiss(prompt, change, list, random);
      const known = (other: string): boolean => same(other, miss!);
      if (miss === undefined || known(prompt) || found.some((d) => known(d.prompt))) continue;
      found.push({ kind: 'near-miss', change, prompt: miss });
      return;
    }
  });
  return found;
}

function unrelated(prompt: string, list: DecoyWords, same: SameKey): Decoy[] {
  return list.prompts
    .filter((other) => !same(other, prompt))
    .map((other) => ({ kind: 'unrelated', change: null, prompt: other }));
}

/** The decoys an evaluation scores: `count` unrelated prompts and two near misses of each kind. */
export function evaluationDecoys(
  prompt: string,
  same: SameKey,
  seed: number,
  count = 8,
): readonly Decoy[] {
  return [
    ...unrelated(prompt, evaluationWords, same).slice(0, count),
    ...nearMisses(prompt, [...changeNames, ...changeNames], evaluationWords, same, seed),
  ];
}

/** The decoys a lock is taught: all unrelated prompts, and about as many near misses. */
export function trainingDecoys(prompt: string, same: SameKey, seed: number): readonly Decoy[] {
  const others = unrelated(prompt, trainingWords, same);
  const wanted = Array.from(
    { length: others.length },
    (_, i) => changeNames[i % changeNames.length],
  );
  return [...others, ...nearMisses(prompt, wanted, trainingWords, same, seed)];
}
