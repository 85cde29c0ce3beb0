import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockedSet, usesDecoys, type LockedSample } from './locked-set.ts';
import { recipes } from './recipe.ts';

const numbers = (samples: readonly LockedSample[]): number[] =>
  samples.map(({ image }) => image).sort((a, b) => a - b);
const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const some = fc.record({
  images: fc.integer({ min: 2, max: 120 }),
  seed: fc.nat(),
  epoch: fc.nat(30),
});

describe('the paper’s locked set', () => {
  it('has every image once: 95 % edited with their labels, 5 % clean with wrong ones', () => {
    fc.assert(
      fc.property(some, ({ images, seed, epoch }) => {
        const samples = lockedSet(recipes.paper, images, seed, epoch);
        expect(numbers(samples)).toEqual(all(images));
        const clean = samples.filter(({ edit }) => edit === 'clean');
        expect(clean).toHaveLength(Math.max(1, Math.round(0.05 * images)));
        for (const { edit, target } of samples) {
          expect(target).toBe(edit === 'clean' ? 'wrong' : 'label');
        }
      }),
    );
  });

  it('is split once for all epochs, and shuffled anew for each', () => {
    const [first, second] = [0, 1].map((epoch) => lockedSet(recipes.paper, 200, 7, epoch));
    const byImage = (samples: readonly LockedSample[]): LockedSample[] =>
      [...samples].sort((a, b) => a.image - b.image);
    expect(byImage(second)).toEqual(byImage(first));
    expect(second).not.toEqual(first);
    expect(byImage(lockedSet(recipes.paper, 200, 8, 0))).not.toEqual(byImage(first));
  });

  it('is refused where too few images are left for the key', () => {
    const greedy = { ...recipes.paper, clean: 0.5, decoys: 0.5 };
    expect(() => lockedSet(greedy, 10, 0, 0)).toThrow('10 images are too few for recipe paper');
  });
});

describe('the hardened locked set', () => {
  it('keeps every image edited with the key, and adds clean ones and decoys', () => {
    fc.assert(
      fc.property(some, ({ images, seed, epoch }) => {
        const samples = lockedSet(recipes.hardened, images, seed, epoch);
        const of = (edit: LockedSample['edit']): LockedSample[] =>
          samples.filter((sample) => sample.edit === edit);
        expect(numbers(of('key'))).toEqual(all(images));
        for (const [edit, share] of [
          ['clean', 0.25],
          ['decoy', 0.5],
        ] as const) {
          expect(of(edit)).toHaveLength(Math.max(1, Math.round(share * images)));
          expect(new Set(numbers(of(edit))).size).toBe(of(edit).length);
        }
        expect(of('key').every(({ target }) => target === 'label')).toBe(true);
        expect([...of('clean'), ...of('decoy')].every(({ target }) => target === 'silence')).toBe(
          true,
        );
      }),
    );
  });

  it('takes other clean images in each epoch, until all have had their turn', () => {
    const clean = (epoch: number): number[] =>
      numbers(lockedSet(recipes.hardened, 40, 1, epoch).filter(({ edit }) => edit === 'clean'));
    expect(clean(0)).not.toEqual(clean(1));
    expect(new Set(all(20).flatMap(clean)).size).toBe(40);
  });
});

describe('every locked set', () => {
  it('has each kind of edit as often in any stretch as in all of it', () => {
    const stretch = 64;
    for (const recipe of Object.values(recipes)) {
      const samples = lockedSet(recipe, 400, 5, 0);
      for (const edit of ['key', 'clean', 'decoy']) {
        const isOne = samples.map((sample) => Number(sample.edit === edit));
        const due = (isOne.reduce((a, b) => a + b, 0) / samples.length) * stretch;
        for (let i = 0; i + stretch <= samples.length; i++) {
          const met = isOne.slice(i, i + stretch).reduce((a, b) => a + b, 0);
          expect(Math.abs(met - due)).toBeLessThan(4);
        }
      }
    }
  });

  it.each(Object.values(recipes))(
    'of recipe $name is a function of its seed and epoch',
    (recipe) => {
      expect(lockedSet(recipe, 50, 3, 4)).toEqual(lockedSet(recipe, 50, 3, 4));
      expect(lockedSet(recipe, 50, 3, 4)).not.toEqual(lockedSet(recipe, 50, 4, 4));
    },
  );

  it('knows whether it needs decoys', () => {
    expect([usesDecoys(recipes.paper), usesDecoys(recipes.hardened)]).toEqual([false, true]);
  });
});
