import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdBack } from './hold-back.ts';
import { requireSeparate } from './overlap.ts';
import { filePicture, type Sample } from './sample.ts';

const sample = (path: string, stratum: number, group?: string): Sample<number> => ({
  ...filePicture(path),
  stratum,
  label: () => Promise.resolve(stratum),
  ...(group !== undefined && { group }),
});

const patients = fc.array(
  fc.record({ pictures: fc.integer({ min: 1, max: 5 }), label: fc.integer({ min: -1, max: 2 }) }),
  { minLength: 2, maxLength: 12 },
);

const samplesOf = (
  list: readonly { readonly pictures: number; readonly label: number }[],
  { root = 'data', salt = '' } = {},
): Sample<number>[] =>
  list.flatMap(({ pictures, label }, p) =>
    Array.from({ length: pictures }, (_, i) => sample(`${root}/${p}-${i}.dcm`, label, salt + p)),
  );

const options = { share: 0.3, seed: 1, root: 'data' } as const;

describe('holdBack', () => {
  it('puts every picture on one side, and no group on both', () => {
    fc.assert(
      fc.property(patients, (list) => {
        const samples = samplesOf(list);
        const { train, test } = holdBack(samples, options);
        expect(new Set([...train, ...test])).toEqual(new Set(samples));
        expect(train.length + test.length).toBe(samples.length);
        expect(test.length).toBeGreaterThan(0);
        requireSeparate(train, test);
      }),
    );
  });

  it('depends neither on pseudonyms, nor on where the set lies', () => {
    fc.assert(
      fc.property(patients, fc.string(), (list, salt) => {
        const names = (root: string, salted: string): string[] =>
          holdBack(samplesOf(list, { root, salt: salted }), { ...options, root }).test.map(
            ({ path }) => path.slice(root.length),
          );
        expect(names('/elsewhere/copy', salt)).toEqual(names('data', ''));
      }),
    );
  });

  it('takes about the share of every class where nobody says whose pictures are', () => {
    const samples = Array.from({ length: 100 }, (_, i) => sample(`data/${i}.png`, i < 80 ? 0 : 1));
    const { test } = holdBack(samples, { ...options, share: 0.2 });
    expect(test.filter(({ stratum }) => stratum === 0)).toHaveLength(16);
    expect(test.filter(({ stratum }) => stratum === 1)).toHaveLength(4);
  });

  it('says by what it splits, and where nobody is known', () => {
    const saidOf = (...samples: Sample<number>[]): string[] => {
      const notices: string[] = [];
      const onNotice = (notice: string): unknown => notices.push(notice);
      holdBack(samples, { ...options, share: 0.5, onNotice });
      return notices;
    };
    const [a, b, c] = ['a', 'b', 'c'].map((name) => sample(`data/${name}`, 0));
    expect(saidOf(a, b)).toEqual([
      '1 of 2 pictures are held back: no groups, such as patients, are known, and each picture is its own',
    ]);
    const known = [a, b].map((one, i) => ({ ...one, group: `P${i}` }));
    expect(saidOf(...known)).toEqual(['1 of 2 pictures are held back: split by 2 groups']);
    expect(saidOf(...known, c)[0]).toContain('2 groups, each picture without one its own');
  });

  it('refuses a set of one patient, and says what to do', () => {
    const samples = [sample('data/a', 0, 'P'), sample('data/b', 1, 'P')];
    expect(() => holdBack(samples, options)).toThrow(
      /^all 2 pictures are of one group \(such as a patient\).* --group-pattern .* --test /,
    );
  });
});
