import { balancedAccuracy, macroF1, recalls } from '../metrics/classification.ts';
import { selectClusters, singles } from '../metrics/clusters.ts';
import { classCounts, confusionMatrix, drawnCounts } from '../metrics/confusion.ts';
import { meanEstimate } from '../metrics/intervals.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { measuresAgainstRest, type AgainstRest } from './against-rest.ts';
import { argMaxRows, columnsOf, Rows, softmaxRows } from './rows.ts';
import type { Outcome, Tally } from './tally.ts';

/** Accuracy of one class for each picture; logits are [B, C]. */
export class ClassificationTally implements Tally<number> {
  readonly #classes: number;
  readonly #rows: Rows;
  readonly #truths: number[] = [];

  constructor(classes: number) {
    this.#classes = classes;
    this.#rows = new Rows(classes);
  }

  add(logits: Tensor<'float32'>, truths: readonly number[]): void {
    this.#rows.add(logits.data.subarray(0, truths.length * this.#classes));
    // Texts come all at once, and a `push(...many)` would overflow the stack.
    for (const truth of truths) this.#truths.push(truth);
  }

  outcome(clusters = singles(this.#truths.length)): Outcome {
    const logits = this.#rows.tensor();
    const truths = this.#truths;
    const n = truths.length;
    const guesses = argMaxRows(logits);
    const counts = classCounts(confusionMatrix(truths, guesses, this.#classes));
    const rights = truths.map((truth, i) => Number(truth === guesses[i]));
    const { value: score, ...interval } = meanEstimate(rights, clusters);
    return {
      n,
      clusters: clusters.count,
      score,
      chance: Math.max(...counts.truths) / n,
      leastConstant: Math.min(...counts.truths) / n,
      perClass: recalls(counts).map((recall, c) => ({ n: counts.truths[c], score: recall })),
      interval: () => interval,
      measures: (random) =>
        measuresAgainstRest(
          againstRest(truths, guesses, softmaxRows(logits), this.#classes),
          clusters,
          (weights) => {
            const drawn = drawnCounts(truths, guesses, this.#classes, weights);
            return { 'balanced accuracy': balancedAccuracy(drawn), 'macro F1': macroF1(drawn) };
          },
          random,
        ),
      readable: {
        kind: 'classes',
        logits,
        labels: truths,
        clusters,
        estimate: (rows, some) =>
          meanEstimate(
            rows.map((row, i) => Number(truths[row] === some[i])),
            selectClusters(clusters, rows),
          ),
      },
    };
  }
}

/** @param probabilities row-major [N, classes]. */
function againstRest(
  truths: readonly number[],
  guesses: readonly number[],
  probabilities: Float32Array,
  classes: number,
): AgainstRest[] {
  return columnsOf({ shape: [truths.length, classes], data: probabilities }).map((scores, c) => ({
    labels: Uint8Array.from(truths, (truth) => Number(truth === c)),
    guesses: Uint8Array.from(guesses, (guess) => Number(guess === c)),
    scores,
  }));
}
