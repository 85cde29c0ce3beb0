import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { holdBackTexts } from './hold-back.ts';

const texts = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ text: `text ${i}`, label: i % 2 }));

it('holds a share of each class back, the same one for the same seed', () => {
  const all = texts(100);
  const { train, test } = holdBackTexts(all, 0.2, 1);
  expect([train.length, test.length]).toEqual([80, 20]);
  expect(test.filter(({ label }) => label === 1)).toHaveLength(10);
  const names = (some: readonly { text: string }[]): string[] =>
    some.map(({ text }) => text).sort();
  expect(names(holdBackTexts(all.toReversed(), 0.2, 1).test)).toEqual(names(test));
  expect(names(holdBackTexts(all, 0.2, 2).test)).not.toEqual(names(test));
});

it('has no text and no group on both sides', () => {
  const sample = fc.record({
    text: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    label: fc.nat(1),
    group: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
  });
  const list = fc.array(sample, { minLength: 12 });
  fc.assert(
    fc.property(list, fc.nat(9), (samples, seed) => {
      const ungrouped = samples.map(({ group, ...rest }) =>
        group === undefined ? rest : { ...rest, group },
      );
      const keyOf = ({ text, group }: { text: string; group?: string }): string =>
        group === undefined ? `text ${text}` : `group ${group}`;
      fc.pre(new Set(ungrouped.map(keyOf)).size > 1);
      const { train, test } = holdBackTexts(ungrouped, 0.3, seed);
      const known = new Set(train.map(keyOf));
      expect(test.filter((one) => known.has(keyOf(one)))).toEqual([]);
      expect(train.length + test.length).toBe(samples.length);
    }),
    { numRuns: 50 },
  );
});
