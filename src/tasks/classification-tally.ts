import { accuracy, balancedAccuracy, macroF1, recalls } from '../metrics/classification.ts';
import { confusionMatrix, truthCounts } from '../metrics/confusion.ts';
import { wilsonInterval } from '../metrics/intervals.ts';
import { macroAuroc } from '../metrics/ranking.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { argMaxRows, Rows, softmaxRows } from './rows.ts';
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
    this.#truths.push(...truths);
  }

  outcome(): Outcome {
    const logits = this.#rows.tensor();
    const truths = this.#truths;
    const n = truths.length;
    const guesses = argMaxRows(logits);
    const matrix = confusionMatrix(truths, guesses, this.#classes);
    const counts = truthCounts(matrix);
    const score = accuracy(truths, guesses);
    const area = macroAuroc(truths, softmaxRows(logits), this.#classes);
    return {
      n,
      score,
      chance: Math.max(...counts) / n,
      leastConstant: Math.min(...counts) / n,
      perClass: recalls(matrix).map((recall, c) => ({ n: counts[c], score: recall })),
      interval: () => wilsonInterval(score, n),
      measures: {
        'balanced accuracy': balancedAccuracy(matrix),
        'macro F1': macroF1(matrix),
        ...(area === null ? {} : { 'macro AUROC': area }),
      },
      readable: { logits, labels: truths, score: accuracy },
    };
  }
}
