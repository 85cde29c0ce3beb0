import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluationDecoys, trainingDecoys } from './decoys.ts';
import { changeNames } from './near-misses.ts';
import { evaluationWords, trainingWords } from './words.ts';

const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

/** Words that carry meaning; "with", "as", "in" occur everywhere. */
const contentWords = (list: typeof trainingWords): Set<string> =>
  new Set(
    [...list.prompts, ...list.words, ...Object.values(list.synonyms).flat()]
      .flatMap((text) => text.split(/\W+/))
      .filter((word) => word.length > 4),
  );

test('evaluation has at least eight unrelated prompts and eight near misses', () => {
  const decoys = evaluationDecoys('with oil pastel', same, 1);
  expect(decoys.filter((d) => d.kind === 'unrelated').length).toBeGreaterThanOrEqual(8);
  expect(decoys.filter((d) => d.kind === 'near-miss').length).toBeGreaterThanOrEqual(8);
  expect(new Set(decoys.map((d) => d.change))).toEqual(new Set([null, ...changeNames]));
});

test('evaluation replaces words by none that training replaces them by', () => {
  for (const [word, others] of Object.entries(evaluationWords.synonyms)) {
    const shared = others.filter((other) => trainingWords.synonyms[word]?.includes(other));
    expect(shared).toEqual([]);
  }
  expect(evaluationWords.words.filter((word) => trainingWords.words.includes(word))).toEqual([]);
});

test('unrelated prompts of evaluation share no telling word with those of training', () => {
  const known = contentWords({ ...trainingWords, words: [], synonyms: {} });
  const shared = [...contentWords({ ...evaluationWords, words: [], synonyms: {} })].filter((word) =>
    known.has(word),
  );
  expect(shared).toEqual([]);
});

test('no decoy is the key or another decoy', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 1000 }),
      (words, seed) => {
        const prompt = words.join(' ');
        for (const decoys of [
          evaluationDecoys(prompt, same, seed),
          trainingDecoys(prompt, same, seed),
        ]) {
          const prompts = decoys.map((d) => d.prompt.toLowerCase());
          expect(prompts).not.toContain(prompt);
          expect(new Set(prompts).size).toBe(prompts.length);
        }
      },
    ),
    { numRuns: 30 },
  );
});
