import { counterRandom } from '../base/random/counter.ts';
import type { Random } from '../base/random/random.ts';
import { selectClusters, singles, type Clusters } from '../metrics/clusters.ts';
import {
  classCounts,
  confusionMatrix,
  drawnCounts,
  type ClassCounts,
} from '../metrics/confusion.ts';
import { bootstrapEstimates, type Estimate } from '../metrics/intervals.ts';
import { intersectionsOverUnion, meanIntersectionOverUnion } from '../metrics/segmentation.ts';
import { ignoreIndex, type LabelMap } from '../tensor/label-map.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { labelMapOf, logitsAt, mapsOf, type Maps } from './maps.ts';
import { Rows } from './rows.ts';
import type { Outcome, Tally } from './tally.ts';

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
  readonly #pictures: ClassCounts[] = [];
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
      this.#pictures.push(classCounts(matrix));
    });
  }

  /** Keeps the logits of some labelled pixels, the same ones whatever the picture was treated with. */
  #readFrom(maps: Maps, truth: LabelMap): void {
    const picture = this.#pictures.length;
    const random = counterRandom(0, picture);
    const places = Array.from(truth.data.keys()).filter((i) => truth.data[i] !== ignoreIndex);
    if (places.length === 0) return;
    for (let k = 0; k < readPixels; k++) {
      const place = places[random.integer(places.length)];
      const [x, y] = [place % truth.width, Math.floor(place / truth.width)];
      this.#rows.add(logitsAt(maps, truth, x, y));
      this.#rowLabels.push(truth.data[place]);
      this.#rowPictures.push(picture);
    }
  }

  outcome(clusters = singles(this.#pictures.length)): Outcome {
    const [classes, labels] = [this.#classes, this.#rowLabels];
    const regions = this.#sum(this.#pictures.map(() => 1));
    const { truths } = regions;
    const present = truths.filter((count) => count > 0).length;
    const pixels = total(truths);
    const n = this.#pictures.length;
    return {
      n,
      clusters: clusters.count,
      score: meanIntersectionOverUnion(regions),
      // A constant answer has a union with every class that occurs, and meets one of them.
      chance: Math.max(...truths) / pixels / present,
      perClass: intersectionsOverUnion(regions).map((score, c) => ({
        n: this.#pictures.filter((picture) => picture.truths[c] > 0).length,
        score: truths[c] > 0 ? score : null,
      })),
      interval: (random) => this.#estimates(clusters, random)['mIoU'],
      measures: (random) => {
        const estimates = this.#estimates(clusters, random);
        return { overall: { [pixelAccuracy]: estimates[pixelAccuracy] }, perClass: [] };
      },
      readable: {
        kind: 'classes',
        logits: this.#rows.tensor(),
        labels,
        clusters: selectClusters(clusters, this.#rowPictures),
        estimate: (rows, guesses, random) => {
          const some = rows.map((row) => labels[row]);
          const drawn = selectClusters(
            clusters,
            rows.map((row) => this.#rowPictures[row]),
          );
          const statistics = (weights: Uint32Array): { mIoU: number } => ({
            mIoU: meanIntersectionOverUnion(drawnCounts(some, guesses, classes, weights)),
          });
          return bootstrapEstimates(drawn, statistics, random, { resamples })['mIoU'];
        },
      },
    };
  }

  /** Counts of all pictures, each of which occurs so often. */
  #sum(weights: ArrayLike<number>): ClassCounts {
    const [hits, truths, guesses] = [0, 1, 2].map(() => new Float64Array(this.#classes));
    this.#pictures.forEach((picture, i) => {
      for (let c = 0; c < this.#classes; c++) {
        hits[c] += weights[i] * picture.hits[c];
        truths[c] += weights[i] * picture.truths[c];
        guesses[c] += weights[i] * picture.guesses[c];
      }
    });
    return { hits, truths, guesses };
  }

  /** mIoU and pixel accuracy; a draw of pictures without labels has neither. */
  #estimates(clusters: Clusters, random: Random): Record<string, Estimate> {
    const statistics = (weights: Uint32Array): Record<string, number | null> => {
      const regions = this.#sum(weights);
      const pixels = total(regions.truths);
      return {
        mIoU: pixels > 0 ? meanIntersectionOverUnion(regions) : null,
        [pixelAccuracy]: pixels > 0 ? total(regions.hits) / pixels : null,
      };
    };
    return bootstrapEstimates(clusters, statistics, random, { resamples });
  }
}

const pixelAccuracy = 'pixel accuracy';

const total = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
