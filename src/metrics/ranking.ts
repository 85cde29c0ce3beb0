import { ModelLockError } from '../base/error.ts';
import { requireSameLength } from './confusion.ts';

/**
 * Samples in the order of their scores, highest first. Sorted once, any draw of them with replacement
 * is scored in one pass: `weights` says how often each sample is in it; once each unless given.
 */
export class Ranking {
  /** Numbers of samples by descending score. */
  readonly #order: Uint32Array;
  readonly #isPositive: Uint8Array;
  /** Of each place in the order: whether the next one has a lower score. Equal scores share a threshold. */
  readonly #isLastOfEquals: Uint8Array;
  readonly #once: Uint32Array;

  /** @param labels 1 (positive) or 0. Throws `data` for a score that is not a number. */
  constructor(labels: ArrayLike<number>, scores: ArrayLike<number>) {
    requireSameLength(labels, scores);
    const n = scores.length;
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (const i of order) {
      if (Number.isNaN(scores[i])) throw new ModelLockError('data', 'a score is not a number');
    }
    order.sort((a, b) => scores[b] - scores[a]);
    this.#order = order;
    this.#once = new Uint32Array(n).fill(1);
    this.#isPositive = Uint8Array.from(order, (i) => Number(labels[i] === 1));
    this.#isLastOfEquals = Uint8Array.from(order, (i, place) =>
      Number(place === n - 1 || scores[order[place + 1]] !== scores[i]),
    );
  }

  /**
   * Area under the receiver operating characteristic: the probability that a positive sample scores
   * higher than a negative one, ties counting half (Mann and Whitney's U). null unless both occur.
   */
  auroc(weights: Uint32Array = this.#once): number | null {
    let area = 0;
    let [positives, negatives] = [0, 0];
    // What the samples of one score add.
    let [stepPositives, stepNegatives] = [0, 0];
    for (let place = 0; place < this.#order.length; place++) {
      const weight = weights[this.#order[place]];
      if (this.#isPositive[place] === 1) stepPositives += weight;
      else stepNegatives += weight;
      if (this.#isLastOfEquals[place] === 0) continue;
      area += stepNegatives * (positives + stepPositives / 2);
      positives += stepPositives;
      negatives += stepNegatives;
      stepPositives = 0;
      stepNegatives = 0;
    }
    return positives > 0 && negatives > 0 ? area / (positives * negatives) : null;
  }

  /**
   * Average precision: the sum over the thresholds of precision times the gain in recall, without
   * interpolation. null without a positive sample.
   */
  averagePrecision(weights: Uint32Array = this.#once): number | null {
    let sum = 0;
    let [positives, taken] = [0, 0];
    let stepPositives = 0;
    for (let place = 0; place < this.#order.length; place++) {
      const weight = weights[this.#order[place]];
      taken += weight;
      if (this.#isPositive[place] === 1) stepPositives += weight;
      if (this.#isLastOfEquals[place] === 0 || stepPositives === 0) continue;
      positives += stepPositives;
      sum += stepPositives * (positives / taken);
      stepPositives = 0;
    }
    return positives > 0 ? sum / positives : null;
  }
}

/** See `Ranking.auroc`. Throws `data` unless positive and negative samples occur. */
export function auroc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const area = new Ranking(labels, scores).auroc();
  if (area !== null) return area;
  throw new ModelLockError('data', 'AUROC needs positive and negative samples');
}

/** See `Ranking.averagePrecision`. Throws `data` without a positive sample. */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  const precision = new Ranking(labels, scores).averagePrecision();
  if (precision !== null) return precision;
  throw new ModelLockError('data', 'average precision needs positive samples');
}
