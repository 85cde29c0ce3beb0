import type { Random } from '../base/random/random.ts';
import { meanOfKnown } from '../metrics/classification.ts';
import { selectClusters, singles, type Clusters } from '../metrics/clusters.ts';
import { bootstrapEstimates, type Estimate } from '../metrics/intervals.ts';
import { Ranking } from '../metrics/ranking.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import type { LabelSet } from '../data/reading/multi-labelled.ts';
import { affordableDraws, measuresAgainstRest, type AgainstRest } from './against-rest.ts';
import { columnsOf, Rows, takeRows } from './rows.ts';
import type { Outcome, Tally } from './tally.ts';

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
    // Texts come all at once, and a `push(...many)` would overflow the stack.
    for (const truth of truths) this.#truths.push(truth);
  }

  outcome(clusters = singles(this.#truths.length)): Outcome {
    const logits = this.#rows.tensor();
    const n = this.#truths.length;
    const labels = this.#labels();
    const columns = againstRest(labels, logits);
    const positives = columns.map((column) => column.labels.reduce((x, y) => x + y, 0));
    const rankings = rankingsOf(columns);
    const precisions = rankings.map((ranking) => ranking.averagePrecision());
    return {
      n,
      clusters: clusters.count,
      score: meanOfKnown(precisions),
      // Where all scores are equal, precision is the share of the class.
      chance: meanOfKnown(positives.map((count) => (count > 0 ? count / n : null))),
      perClass: precisions.map((score, c) => ({ n: positives[c], score })),
      interval: (random) => estimateOf(rankings, clusters, random),
      measures: (random) => measuresAgainstRest(columns, clusters, () => ({}), random),
      readable: {
        kind: 'questions',
        logits,
        labels,
        clusters,
        estimate: (rows, scores, random) =>
          estimateOf(
            rankingsOf(againstRest(takeRows(labels, rows), scores)),
            selectClusters(clusters, rows),
            random,
          ),
      },
    };
  }

  /** 1 where a picture is of a class, else 0, [N, C]. */
  #labels(): Tensor<'float32'> {
    const data = new Float32Array(this.#truths.length * this.#classes);
    this.#truths.forEach((labels, i) => {
      for (const label of labels) data[i * this.#classes + label] = 1;
    });
    return tensor('float32', [this.#truths.length, this.#classes], data);
  }
}

/** Each class against all others. A class is said to be there where its score is above 0. */
function againstRest(labels: Tensor<'float32'>, scores: Tensor<'float32'>): AgainstRest[] {
  const truths = columnsOf(labels);
  return columnsOf(scores).map((column, c) => ({
    labels: Uint8Array.from(truths[c]),
    guesses: Uint8Array.from(column, (score) => Number(score > 0)),
    scores: column,
  }));
}

const rankingsOf = (columns: readonly AgainstRest[]): Ranking[] =>
  columns.map(({ labels, scores }) => new Ranking(labels, scores));

/** Mean average precision. */
function estimateOf(rankings: readonly Ranking[], clusters: Clusters, random: Random): Estimate {
  const statistics = (weights: Uint32Array): { map: number | null } => {
    const precisions = rankings.map((ranking) => ranking.averagePrecision(weights));
    const isKnown = precisions.some((precision) => precision !== null);
    return { map: isKnown ? meanOfKnown(precisions) : null };
  };
  const resamples = affordableDraws(clusters.of.length, rankings.length);
  return bootstrapEstimates(clusters, statistics, random, { resamples })['map'];
}
