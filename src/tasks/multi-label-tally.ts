import type { Random } from '../base/random/random.ts';
import { meanOfKnown } from '../metrics/classification.ts';
import { bootstrapInterval, type Interval } from '../metrics/intervals.ts';
import { auroc, averagePrecision } from '../metrics/ranking.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LabelSet } from '../data/reading/multi-labelled.ts';
import { Rows } from './rows.ts';
import type { Outcome, Tally } from './tally.ts';

/** Draws of a bootstrap, each of which sorts all pictures by each class. */
const resamples = 200;

/** Mean average precision over the classes; logits are [B, C]. */
export class MultiLabelTally implements Tally<LabelSet> {
  readonly #classes: number;
  readonly #rows: Rows;
  readonly #truths: LabelSet[] = [];

  constructor(classes: number) {
    this.#classes = classes;
    this.#rows = new Rows(classes);
  }

  add(logits: Tensor<'float32'>, truths: readonly LabelSet[]): void {
    this.#rows.add(logits.data.subarray(0, truths.length * this.#classes));
    this.#truths.push(...truths);
  }

  outcome(): Outcome {
    const { data } = this.#rows.tensor();
    const n = this.#truths.length;
    // One column for each class: whether it is there, and how likely it was said to be.
    const columns = Array.from({ length: this.#classes }, (_, c) => ({
      labels: Uint8Array.from(this.#truths, (labels) => Number(labels.includes(c))),
      scores: Float32Array.from(this.#truths, (_labels, i) => data[i * this.#classes + c]),
    }));
    const positives = columns.map(({ labels }) => labels.reduce((a, b) => a + b, 0));
    const precisions = columns.map(({ labels, scores }, c) =>
      positives[c] > 0 ? averagePrecision(labels, scores) : null,
    );
    const areas = columns.map(({ labels, scores }, c) =>
      positives[c] > 0 && positives[c] < n ? auroc(labels, scores) : null,
    );
    return {
      n,
      score: meanOfKnown(precisions),
      // Where all scores are equal, precision is the share of the class.
      chance: meanOfKnown(positives.map((count) => (count > 0 ? count / n : null))),
      perClass: precisions.map((score, c) => ({ n: positives[c], score })),
      interval: (random) => intervalOf(columns, n, random),
      measures: areas.some((area) => area !== null) ? { 'macro AUROC': meanOfKnown(areas) } : {},
    };
  }
}

interface Column {
  readonly labels: Uint8Array;
  readonly scores: Float32Array;
}

function intervalOf(columns: readonly Column[], n: number, random: Random): Interval {
  const statistic = (drawn: Uint32Array): number =>
    meanOfKnown(
      columns.map(({ labels, scores }) => {
        const some = Array.from(drawn, (i) => labels[i]);
        return some.some((label) => label === 1)
          ? averagePrecision(
              some,
              Array.from(drawn, (i) => scores[i]),
            )
          : null;
      }),
      // Of few pictures a draw may have none of any class.
      0,
    );
  return bootstrapInterval(n, statistic, random, { resamples });
}
