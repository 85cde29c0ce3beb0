import type { Result, TrainJob, TrainRun } from '../jobs/job.ts';
import { markdownTable, measureTable, summaryCell } from './markdown.ts';
import { pretrainingTarget, trainMeasures, type Measure } from './measures.ts';
import { summarise } from './summary.ts';

export interface BackboneRow {
  readonly name: string;
  readonly results: readonly Result<TrainJob>[];
}

/** Two trainings with one seed. */
interface Pair {
  readonly pretrained: TrainRun;
  readonly scratch: TrainRun;
}

const { accuracy, minutes } = trainMeasures;

const judged: readonly Measure<Pair>[] = [
  {
    label: 'pretrained − best from scratch, points',
    of: (pair) => accuracy.of(pair.pretrained) - accuracy.of(pair.scratch),
    digits: 1,
    target: pretrainingTarget,
  },
  {
    ...minutes,
    label: 'fine-tuning, minutes',
    of: ({ pretrained }) => minutes.of(pretrained),
  },
];

/** A row a way to begin; then the difference to the best one from scratch, paired over seeds. */
export function backboneTable(pretrained: BackboneRow, scratch: readonly BackboneRow[]): string {
  const measures = Object.values(trainMeasures);
  const columns = [
    { heading: '' },
    ...measures.map(({ label }) => ({ heading: label, right: true })),
  ];
  const rows = [pretrained, ...scratch].map(({ name, results }) => [
    name,
    ...measures.map((measure) => summaryCell(measure, runsOf(results))),
  ]);
  const pairs = pairsOf(pretrained.results, bestOf(scratch).results);
  const tables = [markdownTable(columns, rows), measureTable(judged, pairs)];
  return [...pretrained.results.slice(0, 1).map(about), ...tables].join('\n\n');
}

const about = ({ job, run }: Result<TrainJob>): string =>
  `${run.images} training images, ${job.tuning.epochs} epochs in batches of ${job.tuning.batch}.`;

const runsOf = (results: readonly Result<TrainJob>[]): TrainRun[] => results.map(({ run }) => run);

/** By mean accuracy on the test images, which flatters it. */
function bestOf(rows: readonly BackboneRow[]): BackboneRow {
  const mean = ({ results }: BackboneRow): number =>
    summarise(accuracy, runsOf(results))?.mean ?? -Infinity;
  return [...rows].sort((a, b) => mean(b) - mean(a))[0];
}

function pairsOf(
  pretrained: readonly Result<TrainJob>[],
  scratch: readonly Result<TrainJob>[],
): Pair[] {
  return pretrained.flatMap(({ job, run }) => {
    const other = scratch.find((result) => result.job.seed === job.seed);
    return other ? [{ pretrained: run, scratch: other.run }] : [];
  });
}
