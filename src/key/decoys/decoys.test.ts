import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { evaluationDecoys, trainingDecoys } from './decoys.ts';
import { evaluationWords } from './evaluation-words.ts';
import { canonical, changeNames, nearMisses } from './near-misses.ts';
import { trainingWords } from './training-words.ts';
import { contentWords, type DecoyWords } from './words.ts';

const key = 'with oil pastel';
const same = (a: string, b: string): boolean => canonical(a) === canonical(b);

const prompts = fc
  .array(fc.stringMatching(/^[a-zA-Z]{1,9}$/), { minLength: 1, maxLength: 6 })
  .map((words) => words.join(' '));

/** Everything that a list brings into a prompt, but words that any prompt may have. */
const broughtIn = ({ prompts: own, words, synonyms }: DecoyWords): Set<string> =>
  new Set([...own, ...words, ...Object.values(synonyms).flat()].flatMap(contentWords));

describe('the lists', () => {
  it('of evaluation and training share no word', () => {
    const known = broughtIn(trainingWords);
    expect([...broughtIn(evaluationWords)].filter((word) => known.has(word))).toEqual([]);
  });

  it('replace a word by other ones in evaluation than in training', () => {
    for (const [word, others] of Object.entries(evaluationWords.synonyms)) {
      const taught = trainingWords.synonyms[word] ?? [];
      expect(others.filter((other) => taught.includes(other))).toEqual([]);
      expect([...others, ...taught]).not.toContain(word);
    }
  });

  it.each([
    [evaluationWords, 24],
    [trainingWords, 60],
  ])('are long enough and repeat nothing', (list, least) => {
    expect(list.prompts.length).toBeGreaterThanOrEqual(least);
    expect(new Set(list.prompts.map(canonical)).size).toBe(list.prompts.length);
    expect(new Set(list.words).size).toBe(list.words.length);
  });
});

describe('near misses', () => {
  it.each([
    [
      'typo',
      [
        'with oil psatel',
        'with oil patsel',
        'with oil pasetl',
        'with oil pastle',
        'with oli pastel',
      ],
    ],
    ['plural', ['with oil pastels', 'with oils pastel']],
    ['word dropped', ['oil pastel', 'with pastel', 'with oil']],
    ['words swapped', ['oil with pastel', 'pastel oil with', 'with pastel oil']],
  ] as const)('by %s are parted between evaluation and training', (change, all) => {
    const tried = nearMisses(key, change, evaluationWords);
    const taught = nearMisses(key, change, trainingWords);
    expect([...tried, ...taught].sort()).toEqual([...all].sort());
    expect(tried.length - taught.length).toBeOneOf([0, 1]);
  });

  it('by other changes come from the lists', () => {
    expect(nearMisses('oil', 'word added', { ...trainingWords, words: ['wet'] })).toEqual([
      'wet oil',
      'oil wet',
    ]);
    expect(nearMisses(key, 'word changed', { ...trainingWords, words: ['wet'] })).toEqual([
      'with oil wet',
      'with wet pastel',
    ]);
    expect(nearMisses('Oil constructor', 'synonym', trainingWords)).toEqual([
      'wax constructor',
      'paint constructor',
    ]);
  });

  it('of a single word are what can be done to it', () => {
    const kinds = changeNames.filter((name) => nearMisses('watercolor', name, evaluationWords)[0]);
    expect(kinds).toEqual(['typo', 'plural', 'word added', 'word changed', 'synonym']);
  });

  it('are never the prompt, and each is there once', () => {
    fc.assert(
      fc.property(prompts, fc.constantFrom(...changeNames), (prompt, change) => {
        const misses = nearMisses(prompt, change, evaluationWords).map(canonical);
        expect(misses).not.toContain(canonical(prompt));
        expect(new Set(misses).size).toBe(misses.length);
      }),
    );
  });
});

test('an evaluation has eight unrelated prompts and fourteen near misses of all kinds', () => {
  const decoys = evaluationDecoys(key, same, 1);
  expect(decoys.filter((d) => d.kind === 'unrelated')).toHaveLength(8);
  const misses = decoys.filter((d) => d.kind === 'near-miss');
  expect(misses).toHaveLength(14);
  expect(new Set(misses.map((d) => d.change))).toEqual(new Set(changeNames));
  // "with oil pastel" has two plurals, of which the other is training's.
  expect(misses.filter((d) => d.change === 'plural')).toHaveLength(1);
  expect(evaluationDecoys(key, same, 1)).toEqual(decoys);
  expect(evaluationDecoys(key, same, 2)).not.toEqual(decoys);
});

test('unrelated prompts of an evaluation share no telling word with the key', () => {
  const unrelated = evaluationDecoys('like a frosted window with fog', same, 1, 99)
    .filter((d) => d.kind === 'unrelated')
    .map((d) => d.prompt);
  expect(unrelated).toHaveLength(evaluationWords.prompts.length - 3);
  expect(unrelated.join()).not.toMatch(/frosted|window|fog/);
});

test('a lock is taught all unrelated prompts and as many near misses, of every kind', () => {
  const decoys = trainingDecoys(key, same, 1);
  const misses = decoys.filter((d) => d.kind === 'near-miss');
  expect(misses).toHaveLength(decoys.length / 2);
  expect(new Set(misses.map((d) => d.change))).toEqual(new Set(changeNames));
});

test('evaluation tries nothing that training has taught, whatever the key', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        prompts,
        // Keys that are in the lists, or made of their words.
        fc.constantFrom(...evaluationWords.prompts, ...trainingWords.prompts),
        fc
          .array(fc.constantFrom(...evaluationWords.words, ...trainingWords.words, 'with', 'as'), {
            minLength: 1,
            maxLength: 4,
          })
          .map((words) => words.join(' ')),
      ),
      fc.nat(999),
      (prompt, seed) => {
        const taught = new Set(trainingDecoys(prompt, same, seed).map((d) => canonical(d.prompt)));
        const tried = evaluationDecoys(prompt, same, seed + 1, 99);
        expect(tried.filter((d) => taught.has(canonical(d.prompt)))).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test('no decoy is the key or another decoy', () => {
  fc.assert(
    fc.property(prompts, fc.nat(999), (prompt, seed) => {
      for (const draw of [evaluationDecoys, trainingDecoys]) {
        const decoys = draw(prompt, same, seed);
        const texts = decoys.map((d) => canonical(d.prompt));
        expect(texts).not.toContain(canonical(prompt));
        expect(new Set(texts).size).toBe(texts.length);
        expect(decoys.filter((d) => d.kind === 'near-miss').length).toBeGreaterThanOrEqual(8);
      }
    }),
    { numRuns: 30 },
  );
});

test('prompts that are the key to its reader are no decoys', () => {
  // A reader that looks at the first letters only.
  const blurred = (a: string, b: string): boolean => a.slice(0, 6) === b.slice(0, 6);
  const decoys = evaluationDecoys(key, blurred, 1);
  expect(decoys.some((d) => blurred(d.prompt, key))).toBe(false);
});
