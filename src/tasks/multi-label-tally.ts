import type { Random } from '../base/random/random.ts';
import { meanOfKnown } from '../metrics/classification.ts';
import { singles, type Clusters } from '../metrics/clusters.ts';
import { bootstrapEstimates, type Interval } from '../metrics/intervals.ts';
import { Ranking } from '../metrics/ranking.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LabelSet } from '../data/reading/multi-labelled.ts';
import { affordableDraws, measuresAgainstRest, type AgainstRest } from './against-rest.ts';
import { Rows } from './rows.ts';
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
    const { data } = this.#rows.tensor();
    const n = this.#truths.length;
    // A class is said to be there where its logit is above 0.
    const columns = Array.from({ length: this.#classes }, (_, c): AgainstRest => {
      const scores = Float32Array.from(this.#truths, (_labels, i) => data[i * this.#classes + c]);
      return {
        labels: Uint8Array.from(this.#truths, (labels) => Number(labels.includes(c))),
        guesses: Uint8Array.from(scores, (score) => Number(score > 0)),
        scores,
      };
    });
    const positives = columns.map(({ labels }) => labels.reduce((a, b) => a + b, 0));
    const rankings = columns.map(({ labels, scores }) => new Ranking(labels, scores));
    const precisions = rankings.map((ranking) => ranking.averagePrecision());
    return {
      n,
      clusters: clusters.count,
      score: meanOfKnown(precisions),
      // Where all scores are equal, precision is the share of the class.
      chance: meanOfKnown(positives.map((count) => (count > 0 ? count / n : null))),
      perClass: precisions.map((score, c) => ({ n: positives[c], score })),
      interval: (random) => intervalOf(rankings, clusters, random),
      measures: (random) => measuresAgainstRest(columns, clusters, () => ({}), random),
    };
  }
}

function intervalOf(rankings: readonly Ranking[], clusters: Clusters, random: Random): Interval {
  const statistics = (weights: Uint32Array): { map: number | null } => {
    const precisions = rankings.map((ranking) => ranking.averagePrecision(weights));
    const isKnown = precisions.some((precision) => precision !== null);
    return { map: isKnown ? meanOfKnown(precisions) : null };
  };
  const resamples = affordableDraws(clusters.of.length, rankings.length);
  return bootstrapEstimates(clusters, statistics, random, { resamples })['map'];
}
