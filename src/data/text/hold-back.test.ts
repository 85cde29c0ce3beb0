import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { holdBackTexts } from './hold-back.ts';
import type { LabelledText } from './read-texts.ts';

const byWords = (a: LabelledText, b: LabelledText): number =>
  JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;

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
    text: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz')),
    label: fc.nat(1),
    group: fc.option(fc.constantFrom(...Array.from('123456789')), { nil: undefined, freq: 1 }),
  });
  const list = fc.array(sample, { minLength: 12 });
  fc.assert(
    fc.property(list, fc.nat(9), (samples, seed) => {
      const ungrouped = samples.map(({ group, ...rest }) =>
        group === undefined ? rest : { ...rest, group },
      );
      let split: ReturnType<typeof holdBackTexts>;
      try {
        split = holdBackTexts(ungrouped, 0.3, seed);
      } catch (error) {
        // All texts hang together.
        expect(String(error)).toContain('cannot be split');
        return;
      }
      const { train, test } = split;
      const [texts, groups] = [
        new Set(train.map(({ text }) => text)),
        new Set(train.map(({ group }) => group)),
      ];
      expect(test.filter(({ text }) => texts.has(text))).toEqual([]);
      expect(test.filter(({ group }) => group !== undefined && groups.has(group))).toEqual([]);
      expect([...train, ...test].sort(byWords)).toEqual(ungrouped.toSorted(byWords));
    }),
    { numRuns: 50 },
  );
});
