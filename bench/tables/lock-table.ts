import { metricName } from '../../src/index.ts';
import type { LockJob, Result } from '../jobs/job.ts';
import { measureTable } from './markdown.ts';
import type { SetPlan } from '../data/sets.ts';
import { lockMeasuresOf } from './measures.ts';

/** The table of one set and recipe, as far as it is measured. */
export function lockTable(
  set: Pick<SetPlan, 'targets' | 'measures'>,
  jobs: readonly LockJob[],
  results: readonly Result<LockJob>[],
): string {
  const runs = results.map(({ job, run }) => ({ ...run, seed: job.seed }));
  const parts = [
    `${results.length} of ${jobs.length} pairs of a key and a seed`,
    ...results.slice(0, 1).map(about),
  ];
  const table = results.length === 0 ? [] : [measureTable(lockMeasuresOf(set), runs)];
  return [`${parts.join('; ')}.`, ...table].join('\n\n');
}

/** What was trained and tested on. */
export function about({ job, run: { images, evaluation } }: Result<LockJob>): string {
  const { n, metric, chance, perClass } = evaluation;
  return [
    `${images} training and ${n} test images`,
    ...(perClass ? [`${perClass.length} classes`] : []),
    `scores are ${metricName(metric)}`,
    `chance ${(100 * chance).toFixed(1)} %`,
    `${job.tuning.epochs} epochs`,
  ].join(', ');
}

/**
 * Where, and of which commits of the code, results and those of their baselines were measured; and
 * what their notes say.
 */
export function provenance(results: readonly Result[], baselines: readonly Result[] = []): string {
  return [
    ...origins(results, 'Measured on', 'Code'),
    ...origins(baselines, 'Baselines measured on', 'Their code'),
  ].join('\n');
}

function origins(results: readonly Result[], measured: string, code: string): string[] {
  const distinct = (values: readonly (string | null)[]): string[] =>
    [...new Set(values)].filter((value) => value !== null);
  const notes = results.flatMap(({ job, note }) => (note ? `${job.name}: ${note}.` : []));
  const machines = distinct(results.map(({ machine }) => machine));
  const commits = distinct(results.map(({ commit }) => commit));
  return [
    ...machines.map((machine) => `${measured} ${machine}.`),
    ...(commits.length > 0 ? [`${code}: commit ${commits.join(', ')}.`] : []),
    ...notes,
  ];
}
