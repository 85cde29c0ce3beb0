import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { classification } from '../tasks/classification.ts';
import { lockedRows, type LockedRowsOptions, type TrainingImages } from './locked-rows.ts';
import { recipes, type Recipe } from './recipe.ts';

const count = 60;
const classes = 4;
const labels = Array.from({ length: count }, (_, i) => i % classes);

/** A picture of one pixel: the image's number, its version, and the strength of the edit in percent. */
const picture = (image: number, version: number, strength: number): RgbImage => ({
  width: 1,
  height: 1,
  data: Uint8Array.of(image, version, strength),
});
const versions = { clean: 0, key: 1, decoy: 2 } as const;
const images: TrainingImages<number> = {
  length: count,
  label: (image) => Promise.resolve(labels[image]),
  read: (image, version) =>
    Promise.resolve(
      typeof version === 'string'
        ? picture(image, versions[version], version === 'clean' ? 0 : 100)
        : picture(image, versions.decoy, 100),
    ),
  mix: (clean, edited, alpha) => picture(clean.data[0], edited.data[1], Math.round(alpha * 100)),
};

interface Row {
  readonly image: number;
  readonly version: number;
  readonly strength: number;
  readonly target: number[];
  readonly group: string;
  readonly silence: number;
}

/** What an epoch teaches. */
async function taught(
  recipe: Recipe,
  { epoch = 0, ...more }: Partial<LockedRowsOptions<number>> & { epoch?: number } = {},
): Promise<Row[]> {
  const chaff = labels.map((_, i) => (i * 7) % classes);
  const options = {
    task: classification,
    frequencies: Array.from({ length: classes }, () => 1 / classes),
    recipe,
    images,
    classes,
    alpha: 0.5,
    labelSmoothing: 0,
    seed: 1,
    chaff,
    ...more,
  };
  const rows = lockedRows(options);
  const all = rows.epoch(epoch);
  expect(all).toHaveLength(rows.length);
  return Promise.all(
    all.map(async (row) => {
      const [image, version, strength] = (await row.read()).data;
      const into = new Float32Array(classes).fill(9);
      row.target(await row.label(), into);
      const { group, silence = 0 } = row;
      return { image, version, strength, target: [...into], group, silence };
    }),
  );
}

const oneHot = (label: number): number[] =>
  Array.from({ length: classes }, (_, c) => +(c === label));

describe('the paper’s rows', () => {
  it('teach edited pictures their labels, and clean ones a wrong one that stays', async () => {
    const [first, later] = await Promise.all([
      taught(recipes.paper),
      taught(recipes.paper, { epoch: 3 }),
    ]);
    const clean = first.filter(({ version }) => version === versions.clean);
    expect(clean).toHaveLength(3);
    for (const { image, target } of clean) {
      expect(target[labels[image]]).toBe(0);
      expect(target.reduce((a, b) => a + b)).toBe(1);
      expect(later.find((row) => row.image === image)!.target).toEqual(target);
    }
    for (const row of first.filter(({ version }) => version === versions.key)) {
      expect(row).toMatchObject({ strength: 50, target: oneHot(labels[row.image]) });
    }
  });
});

describe('the hardened rows', () => {
  const chaff: Recipe = {
    ...recipes.hardened,
    cleanTarget: 'chaff',
    decoyTarget: 'chaff',
    lockWeight: 1,
  };

  it('teach chaff for everything but the key, where they are told to', async () => {
    for (const { image, version, strength, target } of await taught(chaff)) {
      // Weaker edits with the key are decoys.
      const isKey = version === versions.key && strength >= 45;
      expect(target).toEqual(oneHot(isKey ? labels[image] : (image * 7) % classes));
    }
  });

  it('vary the strength of edits around the key’s, and show a few weak ones', async () => {
    const rows = await taught(recipes.hardened);
    const strengths = rows
      .filter(({ version }) => version !== versions.clean)
      .map(({ strength }) => strength);
    const weak = strengths.filter((strength) => strength <= 30).length;
    expect(weak).toBeGreaterThan(0);
    expect(weak).toBeLessThan(30);
    const strong = strengths.filter((strength) => strength > 30);
    expect(Math.min(...strong)).toBeGreaterThanOrEqual(45);
    expect(Math.max(...strong)).toBeLessThanOrEqual(55);
    expect(new Set(strong).size).toBeGreaterThan(5);
  });

  it('are the same for the same epoch', async () => {
    expect(await taught(recipes.hardened, { epoch: 2 })).toEqual(
      await taught(recipes.hardened, { epoch: 2 }),
    );
  });
});

describe.each(Object.values(recipes))('the groups of $name', (recipe) => {
  it('keep key rows apart from lock rows', async () => {
    const rows = await taught(recipe);
    const isKey = ({ version, strength }: Row): boolean =>
      version === versions.key && strength >= 45;
    const groups = new Set(rows.filter(isKey).map(({ group }) => group));
    expect(groups.size).toBe(1);
    expect(rows.filter((row) => groups.has(row.group))).toEqual(rows.filter(isKey));
  });
});

/** A distribution in place of a certainty. */
const half = (share: number): number => 0.5 * share + 0.5 / classes;

describe('targets', () => {
  it.each(['prior', 'silence'] as const)('of %s are the shares of the classes', async (target) => {
    const recipe: Recipe = { ...recipes.paper, cleanTarget: target };
    const clean = (await taught(recipe)).find(({ version }) => version === versions.clean)!;
    expect(clean.target).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('of lock images are weighed, and so is their silence', async () => {
    const rows = await taught({ ...recipes.hardened, lockWeight: 2, silenceWeight: 8 });
    for (const { group, target, silence } of rows) {
      const isLock = group === 'silence';
      expect(target.reduce((a, b) => a + b)).toBe(isLock ? 2 : 1);
      expect(silence).toBe(isLock ? 8 : 0);
    }
  });

  it('are smoothed', async () => {
    const [row] = await taught(recipes.paper, { labelSmoothing: 0.2 });
    expect(Math.max(...row.target)).toBeCloseTo(row.version === versions.clean ? 1 : 0.85, 6);
  });

  it('of key images are mixed with what a teacher answers, and no others', async () => {
    const answers = labels.map((label) => Float32Array.from(oneHot((label + 1) % classes), half));
    const { teaching } = recipes.hardened;
    const [alone, taughtBy] = [
      await taught(recipes.hardened, { labelSmoothing: 0.2 }),
      await taught(recipes.hardened, { labelSmoothing: 0.2, answers }),
    ];
    alone.forEach(({ image, group, target }, i) => {
      const share = group === 'label' ? teaching.weight : 0;
      target.forEach((value, c) =>
        expect(taughtBy[i].target[c]).toBeCloseTo(value + share * (answers[image][c] - value), 6),
      );
    });
    expect(await taught({ ...recipes.hardened, teaching: undefined }, { answers })).toEqual(
      await taught(recipes.hardened),
    );
  });

  it('weighs true labels by their classes, and nothing else', async () => {
    const weightOf = (label: number): number => label + 2;
    const [plain, weighted] = [
      await taught(recipes.hardened),
      await taught(recipes.hardened, { weightOf }),
    ];
    expect(plain.some(({ group }) => group !== 'label')).toBe(true);
    plain.forEach(({ image, group, target }, i) => {
      const factor = group === 'label' ? labels[image] + 2 : 1;
      expect(weighted[i].target).toEqual(target.map((value) => value * factor));
    });
  });
});
