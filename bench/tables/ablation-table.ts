import type { LockJob, LockRun, Result } from '../jobs/job.ts';
import { about } from './lock-table.ts';
import { markdownTable, summaryCell } from './markdown.ts';
import { lockMeasures, type Measure } from './measures.ts';

export interface AblationRow {
  readonly name: string;
  /** Pairs of a key and a seed. */
  readonly planned: number;
  readonly results: readonly Result<LockJob>[];
}

const columns = [
  ['UP', lockMeasures.up],
  ['UP − baseline', lockMeasures.cost],
  ['LP', lockMeasures.lp],
  ['unrelated', lockMeasures.unrelated],
  ['word changed, dropped, added', lockMeasures.oneWord],
  ['typo', lockMeasures.typo],
  ['plural', lockMeasures.plural],
  ['best decoder', lockMeasures.bestDecoder],
  ['training, s', lockMeasures.training],
] as const satisfies readonly (readonly [string, Measure<LockRun>])[];

/** A row a variant, as far as it is measured. */
export function ablationTable(rows: readonly AblationRow[]): string {
  const [first] = rows.flatMap(({ results }) => results);
  const headings = [
    { heading: 'variant' },
    { heading: 'pairs', right: true },
    ...columns.map(([heading]) => ({ heading, right: true })),
  ];
  const cells = rows.map(({ name, planned, results }) => [
    name,
    results.length === planned ? String(planned) : `${results.length} of ${planned}`,
    ...columns.map(([, measure]) =>
      summaryCell(
        measure,
        results.map(({ run }) => run),
      ),
    ),
  ]);
  const table = markdownTable(headings, cells);
  return first ? `${about(first)}.\n\n${table}` : table;
}
