import { expect, it } from 'vitest';
import type { EvaluationDocument } from '../../src/index.ts';
import { sets } from '../data/sets.ts';
import type { LockJob, Result } from '../jobs/job.ts';
import { ablationTable } from './ablation-table.ts';
import { about, lockTable } from './lock-table.ts';

/** A lock with the baseline of its seed. */
function result(seed: number, baseline: number, up: number): Result<LockJob> {
  const evaluation: Partial<EvaluationDocument> = {
    task: 'classification',
    metric: 'accuracy',
    n: 200,
    chance: 0.1,
    baseline,
    up,
    lp: 0.12,
    decoys: [],
    decoders: [{ name: 'logistic-regression', value: 0.11 }],
  };
  return {
    job: { kind: 'lock', seed, tuning: { epochs: 14 } } as Partial<LockJob> as LockJob,
    run: {
      images: 500,
      seconds: null,
      peakMemory: null,
      evaluation: evaluation as EvaluationDocument,
    },
    machine: 'M',
    commit: null,
  };
}

const jobsOf = (results: readonly Result<LockJob>[]): LockJob[] => results.map(({ job }) => job);

const perSeed = [0.7, 0.8].map((baseline, seed) => result(seed, baseline, baseline - 0.01));

it('says what was trained and tested on', () => {
  expect(about(perSeed[0])).toBe(
    '500 training and 200 test images, scores are accuracy, chance 10.0 %, 14 epochs',
  );
});

it('says how many pairs of a set are measured', () => {
  const jobs = jobsOf([...perSeed, ...perSeed]);
  expect(lockTable(sets.camvid, jobs, [])).toBe('0 of 4 pairs of a key and a seed.');
  expect(lockTable(sets.camvid, jobs, perSeed).split('\n')[0]).toBe(
    `2 of 4 pairs of a key and a seed; ${about(perSeed[0])}.`,
  );
});

it('counts the baseline of a seed once, whatever the number of keys, and differences as often', () => {
  const twoKeys = [...perSeed, ...perSeed];
  const rowOf = (results: readonly Result<LockJob>[], label: string): string | undefined =>
    lockTable(sets.cifar10, jobsOf(results), results)
      .split('\n')
      .find((line) => line.startsWith(`| ${label} |`));
  expect(rowOf(twoKeys, 'baseline, %')).toBe(rowOf(perSeed, 'baseline, %'));
  expect(rowOf(twoKeys, 'UP, %')).not.toBe(rowOf(perSeed, 'UP, %'));
  expect(rowOf(twoKeys, 'UP − baseline, points')).toBe(
    '| UP − baseline, points | −1.0 ± 0.0 | −1.0 | −1.0 | at least −1.5 | yes (4 of 4) |',
  );
});

it('gives a variant a row, also where nothing of it is measured', () => {
  const rows = [
    { name: 'hardened', planned: 2, results: perSeed },
    { name: 'paper', planned: 2, results: perSeed.slice(0, 1) },
    { name: 'chaff', planned: 2, results: [] },
  ];
  const [first, , , , ...lines] = ablationTable(rows).split('\n');
  expect(first).toBe(`${about(perSeed[0])}.`);
  expect(lines.map((line) => line.split('|').slice(1, 4).join('|'))).toEqual([
    ' hardened | 2 | 74.0 ± 63.5 ',
    ' paper | 1 of 2 | 69.0 ',
    ' chaff | 0 of 2 |  ',
  ]);
  expect(ablationTable(rows.slice(2))).not.toContain('training and');
});
