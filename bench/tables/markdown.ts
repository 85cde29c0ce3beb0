import type { Measure } from './measures.ts';
import { summarise, type Summary } from './summary.ts';

interface Column {
  readonly heading: string;
  readonly right?: boolean;
}

/** A table of GitHub's Markdown. */
export function markdownTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  const rule = `|${columns.map(({ right }) => (right ? '---:' : '---')).join('|')}|`;
  return [line(columns.map(({ heading }) => heading)), rule, ...rows.map(line)].join('\n');
}

const escaped = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');

const right = (heading: string): Column => ({ heading, right: true });

/** A row a measure; measures that no run has are left out. Of one run there is a value, and no range. */
export function measureTable<Run>(measures: readonly Measure<Run>[], runs: readonly Run[]): string {
  const single = runs.length === 1;
  const values = single ? ['value'] : ['mean', 'lowest', 'highest'];
  const columns = [
    { heading: '' },
    ...values.map(right),
    { heading: 'target' },
    { heading: 'met' },
  ];
  const rows = measures.flatMap((measure) => {
    const summary = summarise(measure, runs);
    if (!summary) return [];
    const { lowest, highest } = summary;
    const range = single ? [] : [lowest, highest].map((value) => signed(value, measure));
    const target = measure.target?.says ?? '';
    return [[measure.label, meanCell(summary, measure), ...range, target, metCell(summary)]];
  });
  return markdownTable(columns, rows);
}

/** The mean and its 95 % interval; empty where no run has the measure. */
export function summaryCell<Run>(measure: Measure<Run>, runs: readonly Run[]): string {
  const summary = summarise(measure, runs);
  return summary ? meanCell(summary, measure) : '';
}

/** `71.3 ± 0.8` */
function meanCell({ mean, half }: Summary, measure: Digits): string {
  const shown = signed(mean, measure);
  return half === null ? shown : `${shown} ± ${half.toFixed(measure.digits)}`;
}

/** Whether the mean meets its target, and how many of the runs do. */
function metCell({ met, meeting, n }: Summary): string {
  return met === null ? '' : `${met ? 'yes' : '**no**'} (${meeting} of ${n})`;
}

type Digits = Pick<Measure<never>, 'digits'>;

function signed(value: number, { digits }: Digits): string {
  const text = value.toFixed(digits);
  // No number is minus zero.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}
