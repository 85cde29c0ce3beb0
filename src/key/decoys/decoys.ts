import { counterRandom } from '../../base/random/counter.ts';
import type { Random } from '../../base/random/random.ts';
import type { SameKey } from '../same-key.ts';
import { evaluationWords } from './evaluation-words.ts';
import { canonical, changeNames, nearMisses, type ChangeName } from './near-misses.ts';
import { trainingWords } from './training-words.ts';
import { contentWords, type DecoyWords } from './words.ts';

/** A prompt that must not unlock. */
export interface Decoy {
  readonly kind: 'unrelated' | 'near-miss';
  /** What was done to the key; null for another prompt altogether. */
  readonly change: ChangeName | null;
  /** Of a near miss it spells the key, and must not be written down. */
  readonly prompt: string;
}

export type { SameKey };

/** Near misses of an evaluation: two of each kind, or more of some where a key has none of others. */
const evaluatedNearMisses = 2 * changeNames.length;

/** Places of the random numbers drawn here. */
const place = { nearMisses: 71, unrelated: 72 } as const;

/** The decoys an evaluation scores: `count` unrelated prompts and fourteen near misses. */
export function evaluationDecoys(
  prompt: string,
  same: SameKey,
  seed: number,
  count = 8,
): readonly Decoy[] {
  const others = shuffled(
    unrelatedTo(prompt, evaluationWords, same),
    counterRandom(seed, place.unrelated),
  );
  const misses = drawNearMisses(prompt, evaluationWords, same, seed, evaluatedNearMisses);
  return [...others.slice(0, count), ...misses];
}

/** The decoys a lock is taught: all unrelated prompts, and as many near misses, of all kinds alike. */
export function trainingDecoys(prompt: string, same: SameKey, seed: number): readonly Decoy[] {
  const reserved = evaluatedPrompts(prompt);
  const isFree = (miss: string): boolean => !reserved.has(canonical(miss));
  const others = trainingWords.prompts
    .filter((other) => isFree(other) && !same(other, prompt))
    .map(unrelated);
  const misses = drawNearMisses(prompt, trainingWords, same, seed, others.length, isFree);
  return [...others, ...misses];
}

/** Everything that an evaluation of this key might try: training keeps off it. */
function evaluatedPrompts(prompt: string): ReadonlySet<string> {
  const misses = changeNames.flatMap((change) => nearMisses(prompt, change, evaluationWords));
  return new Set([...evaluationWords.prompts, ...misses].map(canonical));
}

const unrelated = (prompt: string): Decoy => ({ kind: 'unrelated', change: null, prompt });

/** Prompts that share no telling word with the key. */
function unrelatedTo(prompt: string, { prompts }: DecoyWords, same: SameKey): Decoy[] {
  const words = new Set(contentWords(prompt));
  return prompts
    .filter((other) => !same(other, prompt) && !contentWords(other).some((word) => words.has(word)))
    .map(unrelated);
}

/**
 * Near misses, one of each kind in turn for as long as there are any. None is the key, or one of
 * those before it, to whoever reads its tokens.
 */
function drawNearMisses(
  prompt: string,
  list: DecoyWords,
  same: SameKey,
  seed: number,
  count: number,
  isFree: (miss: string) => boolean = () => true,
): Decoy[] {
  let waiting = changeNames
    .map((change, i) => ({
      change,
      misses: shuffled(nearMisses(prompt, change, list), counterRandom(seed, place.nearMisses, i)),
    }))
    .filter(({ misses }) => misses.length > 0);
  const known = [prompt];
  const drawn: Decoy[] = [];
  while (waiting.length > 0) {
    for (const { change, misses } of waiting) {
      const miss = misses.pop()!;
      if (!isFree(miss) || known.some((other) => same(other, miss))) continue;
      known.push(miss);
      drawn.push({ kind: 'near-miss', change, prompt: miss });
      if (drawn.length === count) return drawn;
    }
    waiting = waiting.filter(({ misses }) => misses.length > 0);
  }
  return drawn;
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  return Array.from(random.permutation(values.length), (i) => values[i]);
}
