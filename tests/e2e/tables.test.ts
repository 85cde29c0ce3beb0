import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationDocumentSchema } from '../../src/evaluate/document.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Photographs that a table lists, with one class each or with several. */

const key = 'with oil pastel';
let place: Workplace;

const run = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder });
const runWithKey = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder, key });

function json({ code, stdout, stderr }: Finished): Record<string, unknown> {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

beforeAll(() => {
  place = makeWorkplace({ train: 4, test: 2 });
  const files = [...place.files('photos', 'train')].map((name) => `photos/train/${name}`);
  const tested = [...place.files('photos', 'test')].map((name) => `photos/test/${name}`);
  const classOf = (path: string): string => path.split('/')[2];
  writeFileSync(
    place.at('one.csv'),
    [
      'image,diagnosis,split',
      ...files.map((path) => `${path},${classOf(path)},train`),
      ...tested.map((path) => `${path},${classOf(path)},test`),
    ].join('\n'),
  );
  // Animals are alive; viaducts are of stone and not.
  const several: Readonly<Record<string, string>> = {
    cougar: 'alive|fürry',
    lobster: 'alive',
    viaduct: '',
  };
  writeFileSync(
    place.at('several.tsv'),
    [
      'image\tlabels\tsplit',
      ...files.map((path) => `${path}\t${several[classOf(path)]}\ttrain`),
      ...tested.map((path) => `${path}\t${several[classOf(path)]}\ttest`),
    ].join('\n'),
  );
});
afterAll(() => place.remove());

describe('one class for each picture', () => {
  it('is trained and tested by the sides of the table', async () => {
    const trained = await run(
      'train --data one.csv --columns label=diagnosis --model model --out plain --epochs 1 --json',
    );
    expect(json(trained)).toMatchObject({ images: 12, metric: 'accuracy' });
    const scored = await run('evaluate plain --data one.csv --columns label=diagnosis --json');
    expect(json(scored)).toMatchObject({ n: 6, accuracy: json(trained)['score'] });
  });

  it('says which columns there are where one is not', async () => {
    const { code, stderr } = await run('train --data one.csv --model model --out never');
    expect(code).toBe(1);
    expect(stderr).toContain('one.csv has no column of labels (valid: label, class, target');
    const other = await run('train --data one.csv --columns label=x --model model --out never');
    expect(other.stderr).toContain('no column "x" (valid: image, diagnosis, split)');
  });
});

describe('several classes', () => {
  it('are locked, scored by mean average precision, and predicted each for itself', async () => {
    const locked = await runWithKey(
      'lock --task multi-label --data several.tsv --out locked --json',
      ...tiny,
    );
    const { bundle: _bundle, ...document } = json(locked);
    const scores = evaluationDocumentSchema.parse(document);
    expect(scores).toMatchObject({ task: 'multi-label', metric: 'map', n: 6 });
    expect(scores.perClass!.map(({ label, n }) => [label, n])).toEqual([
      ['alive', 4],
      ['fürry', 2],
    ]);
    // The mean share of the classes: two thirds and one third.
    expect(scores.chance).toBeCloseTo(0.5, 6);
    const config = JSON.parse(readFileSync(place.at('locked', 'config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ problem_type: 'multi_label_classification' });

    const again = await runWithKey('evaluate locked --data several.tsv --json');
    expect(json(again)).toMatchObject({ up: scores.up, lp: scores.lp });
    const seen = JSON.parse(
      (await run('predict locked --json photos/test/cougar/000.jpg')).stdout,
    ) as { classes: { probability: number }[] }[];
    for (const { probability } of seen[0].classes) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThan(1);
    }
  });

  it('are refused where one class is expected, and the other way round', async () => {
    const single = await run('train --data several.tsv --model model --out never');
    expect([single.code, single.stderr]).toEqual([
      1,
      expect.stringContaining('--task multi-label'),
    ]);
    const folders = await run('train --task multi-label --data photos --model model --out never');
    expect(folders.stderr).toContain('CSV or TSV file');
  });
});
