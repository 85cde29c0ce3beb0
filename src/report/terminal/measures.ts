import type { DocumentedMeasure, EvaluationDocument } from '../../evaluate/document.ts';
import type { PlainScore } from '../../lock/plain-score.ts';
import type { Estimate, Interval } from '../../metrics/intervals.ts';
import { metricName, percent, percentRange } from '../../metrics/wording.ts';
import { textTask } from '../../tasks/task.ts';
import { capitalised, measuresHeading } from '../names.ts';
import { table, type Column } from './table.ts';
import { plain } from './text-width.ts';

/** The measures beside the score, a line each. */
export function measuresText(
  { measures = [], positive }: EvaluationDocument,
  width: number,
): string[] {
  if (measures.length === 0) return [];
  const rows = measures.map((measure) => [`  ${capitalised(measure.name)}`, ...cells(measure)]);
  const heading = plain(measuresHeading(positive));
  return table([{ heading }, ...columnsOf(measures)], shown(rows, measures), width);
}

/** More classes are too many to be read in a terminal. */
const fewClasses = 20;

/** The measures of each class against all others. */
export function classMeasuresText({ perClass = [] }: EvaluationDocument, width: number): string[] {
  const all = perClass.flatMap(({ measures = [] }) => measures);
  if (all.length === 0 || perClass.length > fewClasses) return [];
  const rows = perClass.flatMap(({ label, measures = [] }) =>
    measures.map((measure, i) => [i === 0 ? plain(label) : '', measure.name, ...cells(measure)]),
  );
  const columns = [{ heading: 'class' }, { heading: 'against all others' }, ...columnsOf(all)];
  return table(columns, shown(rows, all), width);
}

/** The score of a model without a lock, for people. */
export function plainScoreText(score: PlainScore, { width }: { readonly width: number }): string {
  const { task, metric, n, groups, interval, measures, positive, perClass, matched } = score;
  const samples = task === textTask ? 'texts' : 'pictures';
  const whose = groups === undefined ? '' : ` of ${groups} groups`;
  const lines = [
    `${metricName(metric)} ${estimate({ value: score.score, ...interval })} on ${n} ${samples}${whose}, classes matched by ${matched}; chance is ${percent(score.chance)}`,
  ];
  const right = { align: 'right' } as const;
  if (Object.keys(measures).length > 0) {
    const rows = Object.entries(measures).map(([name, value]) => [
      `  ${capitalised(name)}`,
      estimate(value),
    ]);
    const columns = [{ heading: plain(measuresHeading(positive)) }, { heading: '', ...right }];
    lines.push('', ...table(columns, rows, width));
  }
  const names = [...new Set(perClass.flatMap((row) => Object.keys(row.measures)))];
  if (names.length > 0 && perClass.length <= fewClasses) {
    const columns = [
      { heading: 'class' },
      { heading: task === textTask ? samples : 'images', ...right },
      ...names.map((heading) => ({ heading, ...right })),
    ];
    const rows = perClass.map((row) => [
      plain(row.label),
      String(row.n),
      ...names.map((name) => (name in row.measures ? estimate(row.measures[name]) : '–')),
    ]);
    lines.push('', ...table(columns, rows, width));
  }
  return lines.join('\n');
}

const columnsOf = (measures: readonly DocumentedMeasure[]): Column[] =>
  ['without the key', 'with the key', 'unlocked model']
    .slice(0, comparedColumns(measures))
    .map((heading) => ({ heading, align: 'right' }));

const cells = ({ lp, up, baseline }: DocumentedMeasure): string[] =>
  [lp, up, baseline].map((value) => (value ? estimate(value) : '–'));

/** Without the last column where there is no model to compare with. */
const comparedColumns = (measures: readonly DocumentedMeasure[]): number =>
  measures.some(({ baseline }) => baseline !== null) ? 3 : 2;

const shown = (
  rows: readonly (readonly string[])[],
  measures: readonly DocumentedMeasure[],
): (readonly string[])[] =>
  rows.map((row) => row.slice(0, row.length - 3 + comparedColumns(measures)));

/** `45.1 % (40.0 – 50.2)` */
function estimate({ value, low, high }: Estimate): string {
  return `${percent(value)} ${range({ low, high })}`;
}

export const range = (interval: Interval): string => `(${percentRange(interval)})`;
