import { expect, it } from 'vitest';
import type { LockJob, Result, TrainJob } from '../jobs/job.ts';
import { backboneTable, type BackboneRow } from './backbone-table.ts';
import { insertBetween } from './insert.ts';
import { provenance } from './lock-table.ts';
import { markdownTable, measureTable } from './markdown.ts';
import type { Measure } from './measures.ts';

const measure = (label: string, more: Partial<Measure<number>> = {}): Measure<number> => ({
  label,
  of: (value) => value,
  digits: 1,
  ...more,
});

it('writes a table of Markdown, whatever a cell says', () => {
  expect(markdownTable([{ heading: 'a|b' }, { heading: 'n', right: true }], [['x\ny', '1']])).toBe(
    '| a\\|b | n |\n|---|---:|\n| x y | 1 |',
  );
});

it('gives a measure a row: mean, interval, range, target, verdict', () => {
  const target = { says: 'at most 1', holds: (value: number) => value <= 1 };
  const table = measureTable(
    [
      measure('plain', { digits: 0 }),
      measure('judged', { target }),
      measure('none', { of: () => null }),
    ],
    [1, 3],
  );
  expect(table.split('\n').slice(2)).toEqual([
    '| plain | 2 ± 13 | 1 | 3 |  |  |',
    '| judged | 2.0 ± 12.7 | 1.0 | 3.0 | at most 1 | **no** (1 of 2) |',
  ]);
});

it('gives the value of a single run, and no range', () => {
  expect(measureTable([measure('plain')], [3])).toBe(
    '|  | value | target | met |\n|---|---:|---|---|\n| plain | 3.0 |  |  |',
  );
});

it('writes a real minus, and no minus zero', () => {
  const [, , row] = measureTable([measure('x')], [-0.04, -2]).split('\n');
  expect(row).toBe('| x | −1.0 ± 12.5 | −2.0 | 0.0 |  |  |');
});

it('says all machines and commits, those of baselines by themselves', () => {
  const on = (machine: string, commit: string | null): Result =>
    ({ machine, commit }) as Partial<Result> as Result;
  expect(provenance([on('M', 'a'), on('M', 'b'), on('N', null)])).toBe(
    'Measured on M.\nMeasured on N.\nCode: commit a, b.',
  );
  expect(provenance([on('M', 'a')], [on('N', 'b'), on('N', 'b')])).toBe(
    'Measured on M.\nCode: commit a.\nBaselines measured on N.\nTheir code: commit b.',
  );
});

function trained(name: string, accuracies: readonly number[]): BackboneRow {
  return {
    name,
    results: accuracies.map((accuracy, seed) => ({
      job: {
        kind: 'train',
        seed,
        tuning: { epochs: 3, batch: 64 },
      } as Partial<TrainJob> as TrainJob,
      run: { accuracy, images: 10, seconds: { read: 6, train: 54 }, peakMemory: 2 ** 20 },
      machine: 'M',
      commit: null,
    })),
  };
}

it('says what is to be known of a run', () => {
  const job = { name: 'pets hardened key 1' } as LockJob;
  const noted = { job, machine: 'M', commit: null, note: 'stopped for a while' };
  expect(provenance([noted as Partial<Result> as Result])).toBe(
    'Measured on M.\npets hardened key 1: stopped for a while.',
  );
});

it('compares the pretrained network with the best from scratch, seed by seed', () => {
  const table = backboneTable(trained('pretrained', [0.7, 0.8]), [
    trained('slow', [0.3, 0.3]),
    trained('fast', [0.5, 0.6]),
  ]);
  expect(table.split('\n')[0]).toBe('10 training images, 3 epochs in batches of 64.');
  expect(table.split('\n').filter((line) => line.includes('20.0'))).toEqual([
    '| pretrained − best from scratch, points | 20.0 ± 0.0 | 20.0 | 20.0 | at least 15 | yes (2 of 2) |',
  ]);
  expect(table).toContain('| fast | 55.0 ± 63.5 | 1.0 ± 0.0 | 1 ± 0 |');
  expect(table).toContain(
    '| fine-tuning, minutes | 1.0 ± 0.0 | 1.0 | 1.0 | at most 5 | yes (2 of 2) |',
  );
});

it('pairs only seeds that both have', () => {
  const table = backboneTable(trained('pretrained', [0.7, 0.8]), [trained('scratch', [0.5])]);
  expect(table).toContain('points | 20.0 | at least 15 | yes (1 of 1) |');
});

it('puts tables between two comments, again and again', () => {
  const page = 'before\n<!-- LOCKS -->\n<!-- /LOCKS -->\nafter\n';
  const once = insertBetween(page, 'LOCKS', 'table $& 1\n');
  expect(once).toBe('before\n<!-- LOCKS -->\n\ntable $& 1\n\n<!-- /LOCKS -->\nafter\n');
  expect(insertBetween(once, 'LOCKS', 'table 2')).toBe(once.replace('table $& 1', 'table 2'));
});

it.each([
  '<!-- LOCKS -->',
  '<!-- /LOCKS --><!-- LOCKS -->',
  '<!-- LOCKS --><!-- /LOCKS --><!-- LOCKS --><!-- /LOCKS -->',
  '<!-- LOCKS --><!-- /LOCKS --><!-- /LOCKS -->',
  '',
])('refuses a document with the comments %j', (page) => {
  expect(() => insertBetween(page, 'LOCKS', 'table')).toThrow('<!-- LOCKS --> and <!-- /LOCKS -->');
});
