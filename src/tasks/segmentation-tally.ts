import { counterRandom } from '../base/random/counter.ts';
import type { Random } from '../base/random/random.ts';
import { confusionMatrix } from '../metrics/confusion.ts';
import { meanOfKnown } from '../metrics/classification.ts';
import { bootstrapInterval, type Interval } from '../metrics/intervals.ts';
import {
  intersectionsOverUnion,
  meanIntersectionOverUnion,
  regionCounts,
  type RegionCounts,
} from '../metrics/segmentation.ts';
import { ignoreIndex, type LabelMap } from '../tensor/label-map.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { labelMapOf, logitsAt, mapsOf, type Maps } from './maps.ts';
import { Rows } from './rows.ts';
import type { Measures, Outcome, Tally } from './tally.ts';

/** Pixels of a picture that decoders are shown. */
const readPixels = 64;

/** Draws of a bootstrap: many pictures have many classes. */
const resamples = 500;

/**
 * Mean intersection over union of all pixels of all pictures; logits are [B, C, h, w], resized to
 * each mask as transformers does.
 */
export class SegmentationTally implements Tally<LabelMap> {
  readonly #classes: number;
  readonly #pictures: RegionCounts[] = [];
  readonly #rows: Rows;
  readonly #rowLabels: number[] = [];
  readonly #rowPictures: number[] = [];

  constructor(classes: number) {
    this.#classes = classes;
    this.#rows = new Rows(classes);
  }

  add(logits: Tensor<'float32'>, truths: readonly LabelMap[]): void {
    const all = mapsOf(logits);
    truths.forEach((truth, i) => {
      const maps = all[i];
      const guess = labelMapOf(maps, truth);
      this.#readFrom(maps, truth);
      const matrix = confusionMatrix(truth.data, guess.data, this.#classes, {
        ignore: ignoreIndex,
      });
      this.#pictures.push(regionCounts(matrix));
    });
  }

  /** Keeps the logits of some labelled pixels, the same ones whatever the picture was treated with. */
  #readFrom(maps: Maps, truth: LabelMap): void {
    const picture = this.#pictures.length;
    const random = counterRandom(0, picture);
    for (let k = 0; k < readPixels; k++) {
      const place = random.integer(truth.data.length);
      const label = truth.data[place];
      if (label === ignoreIndex) continue;
      const [x, y] = [place % truth.width, Math.floor(place / truth.width)];
      this.#rows.add(logitsAt(maps, truth, x, y));
      this.#rowLabels.push(label);
      this.#rowPictures.push(picture);
    }
  }

  outcome(): Outcome {
    const classes = this.#classes;
    const regions = this.#sum(this.#pictures.keys());
    const { truths } = regions;
    const present = truths.filter((count) => count > 0).length;
    const pixels = total(truths);
    const n = this.#pictures.length;
    return {
      n,
      score: meanIntersectionOverUnion(regions),
      // A constant answer has a union with every class that occurs, and meets one of them.
      chance: Math.max(...truths) / pixels / present,
      perClass: intersectionsOverUnion(regions).map((score, c) => ({
        n: this.#pictures.filter((picture) => picture.truths[c] > 0).length,
        score: truths[c] > 0 ? score : null,
      })),
      interval: (random) => this.#interval(random),
      measures: (random) => this.#measures(random),
      readable: {
        logits: this.#rows.tensor(),
        labels: this.#rowLabels,
        pictures: this.#rowPictures,
        score: (truth, guess) =>
          meanIntersectionOverUnion(regionCounts(confusionMatrix(truth, guess, classes))),
      },
    };
  }

  #sum(pictures: Iterable<number>): RegionCounts {
    const [hits, truths, guesses] = [0, 1, 2].map(() => new Float64Array(this.#classes));
    for (const i of pictures) {
      const picture = this.#pictures[i];
      for (let c = 0; c < this.#classes; c++) {
        hits[c] += picture.hits[c];
        truths[c] += picture.truths[c];
        guesses[c] += picture.guesses[c];
      }
    }
    return { hits, truths, guesses };
  }

  #measures(random: Random): Measures {
    const statistic = (drawn: Iterable<number>): number => {
      const { hits, truths } = this.#sum(drawn);
      return total(hits) / total(truths);
    };
    const value = statistic(this.#pictures.keys());
    const interval = bootstrapInterval(this.#pictures.length, statistic, random, { resamples });
    return { overall: { 'pixel accuracy': { value, ...interval } }, perClass: [] };
  }

  #interval(random: Random): Interval {
    // Of few pictures a draw may have none with labels.
    const statistic = (drawn: Uint32Array): number =>
      meanOfKnown(intersectionsOverUnion(this.#sum(drawn)), 0);
    return bootstrapInterval(this.#pictures.length, statistic, random, { resamples });
  }
}

const total = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
