import { groupBy } from '../../base/group-by.ts';
import { beta } from '../../base/random/beta.ts';
import type { Random } from '../../base/random/random.ts';
import type { Box } from './box.ts';

/**
 * Mixup (arXiv 1710.09412) and CutMix (arXiv 1905.04899), one draw for a batch, as timm's `Mixup`
 * does it in the mode `batch`.
 */
export interface Mixing {
  /** Pictures are blended, lambda ~ Beta(alpha, alpha); 0: never. */
  readonly mixup: number;
  /** A rectangle comes from another picture, its area 1 - lambda likewise; 0: never. */
  readonly cutmix: number;
  /** Share of the batches that are mixed. */
  readonly probability: number;
  /** Share of the mixed batches to which CutMix is done, where both are. */
  readonly switchProbability: number;
}

/** How a batch is mixed: a row keeps the share lambda of itself, its partner gives the rest. */
export interface Mix {
  readonly lambda: number;
  /** What comes from the partner; without it, whole pictures are blended. */
  readonly box?: Box;
}

/** How the next batch is mixed; undefined where it stays as it is. */
export function drawMix(
  { mixup, cutmix, probability, switchProbability }: Mixing,
  width: number,
  height: number,
  random: Random,
): Mix | undefined {
  if (random.uniform() >= probability) return undefined;
  const cuts = cutmix > 0 && (mixup <= 0 || random.uniform() < switchProbability);
  const alpha = cuts ? cutmix : mixup;
  if (alpha <= 0) return undefined;
  const lambda = beta(alpha, alpha, random);
  if (!cuts) return { lambda };
  const box = drawCut(width, height, 1 - lambda, random);
  // What lies outside of the picture was not cut.
  return { lambda: 1 - (box.width * box.height) / (width * height), box };
}

/** A rectangle of the picture's aspect around a random pixel, clipped at the borders. */
function drawCut(width: number, height: number, area: number, random: Random): Box {
  const along = (side: number): [start: number, length: number] => {
    const half = Math.floor(Math.floor(side * Math.sqrt(area)) / 2);
    const centre = random.integer(side);
    const start = Math.max(0, centre - half);
    return [start, Math.min(side, centre + half) - start];
  };
  const [top, h] = along(height);
  const [left, w] = along(width);
  return { left, top, width: w, height: h };
}

/**
 * The partner of each row of a batch: within each group the first and the last, the second and the
 * last but one, and so on. A row in the middle is its own.
 */
export function partnersWithin(groups: readonly string[]): number[] {
  const partners = groups.map((_, row) => row);
  const members = groupBy(partners, (row) => groups[row]);
  for (const rows of members.values()) {
    rows.forEach((row, k) => (partners[row] = rows[rows.length - 1 - k]));
  }
  return partners;
}

/**
 * A batch of pictures, [B, C, height, width], and of what they are taught: a row of any length for
 * each, or [B, classes, height, width] where it is `spatial`.
 */
export interface MixableBatch {
  readonly pictures: Float32Array;
  readonly targets: Float32Array;
  readonly spatial: boolean;
  readonly width: number;
  readonly height: number;
}

/** Mixes a batch in place. */
export function mixBatch(batch: MixableBatch, partners: readonly number[], mix: Mix): void {
  const { pictures, targets, spatial, width, height } = batch;
  if (mix.box) exchangeBox(pictures, partners, mix.box, width, height);
  else blendRows(pictures, partners, mix.lambda);
  if (mix.box && spatial) exchangeBox(targets, partners, mix.box, width, height);
  else blendRows(targets, partners, mix.lambda);
}

/** Blends each row with its partner, in place; `values` is [B, ...]. */
export function blendRows(values: Float32Array, partners: readonly number[], lambda: number): void {
  const length = values.length / partners.length;
  forPairs(partners, (a, b) => {
    for (let i = a * length, j = b * length; i < (a + 1) * length; i++, j++) {
      const [first, second] = [values[i], values[j]];
      values[i] = lambda * first + (1 - lambda) * second;
      values[j] = lambda * second + (1 - lambda) * first;
    }
  });
}

/** Exchanges a rectangle between each picture and its partner, in place; [B, C, H, width]. */
export function exchangeBox(
  pictures: Float32Array,
  partners: readonly number[],
  box: Box,
  width: number,
  height: number,
): void {
  const length = pictures.length / partners.length;
  forPairs(partners, (a, b) => {
    for (let plane = 0; plane < length; plane += width * height) {
      for (let y = box.top; y < box.top + box.height; y++) {
        const first = plane + y * width + box.left;
        for (let i = first; i < first + box.width; i++) {
          const [mine, other] = [a * length + i, b * length + i];
          [pictures[mine], pictures[other]] = [pictures[other], pictures[mine]];
        }
      }
    }
  });
}

function forPairs(partners: readonly number[], each: (a: number, b: number) => void): void {
  partners.forEach((partner, row) => {
    if (row < partner) each(row, partner);
  });
}
