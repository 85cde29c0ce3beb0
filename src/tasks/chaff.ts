import type { Random } from '../base/random/random.ts';
import type { RgbImage } from '../tensor/image.ts';

/** Side of the coarse grid of colours that a chaff target is a function of. */
const grid = 4;

/**
 * Chaff: classes that look like answers and carry none. An image's chaff class is a fixed random
 * function of its coarse colours, which a network learns easily, and is balanced within every true
 * class, so that knowing the chaff class tells nothing about the true one. It drowns what little a
 * network keeps showing of the truth where it was taught to be silent, and makes its confidence
 * useless as a sign of the right key.
 *
 * @param colours of each image, as `coarseColours` gives them.
 * @param labels true class of each image.
 * @returns the chaff class of each image.
 */
export function chaffClasses(
  colours: readonly Float32Array[],
  labels: readonly number[],
  classes: number,
  random: Random,
): number[] {
  const projection = Array.from({ length: classes }, () =>
    Float32Array.from({ length: (grid * grid * 3) / 2 }, () => random.normal()),
  );
  const scores = colours.map((features) => projection.map((weights) => dot(weights, features)));
  const result = new Array<number>(colours.length);
  for (let label = 0; label < classes; label++) {
    const members = labels.flatMap((l, i) => (l === label ? [i] : []));
    assignBalanced(
      members.map((i) => standardised(scores[i])),
      classes,
    ).forEach((chaff, k) => (result[members[k]] = chaff));
  }
  return result;
}

/**
 * The mean colour of each cell of a coarse grid, standardised. A picture is folded at its middle column
 * first, so that a flipped one has the same.
 */
export function coarseColours({ width, height, data }: RgbImage): Float32Array {
  const columns = grid / 2;
  const sums = new Float64Array(grid * columns * 3);
  const counts = new Uint32Array(grid * columns);
  const folded = Math.ceil(width / 2);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * grid) / height);
    for (let x = 0; x < width; x++) {
      const column = Math.floor((Math.min(x, width - 1 - x) * columns) / folded);
      const cell = row * columns + column;
      counts[cell] += 1;
      for (let c = 0; c < 3; c++) sums[cell * 3 + c] += data[(y * width + x) * 3 + c];
    }
  }
  // A picture of fewer pixels than cells leaves some empty.
  return standardised(
    Float32Array.from(sums, (sum, i) => sum / Math.max(1, counts[Math.floor(i / 3)])),
  );
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function standardised<A extends Float32Array | number[]>(values: A): A {
  const mean = (values as number[]).reduce((a, b) => a + b, 0) / values.length;
  const variance = (values as number[]).reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return (values as number[]).map((v) => (v - mean) / Math.sqrt(variance + 1e-9)) as A;
}

/** Gives each row one of the classes, high scores first, each class equally often. */
function assignBalanced(scores: readonly number[][], classes: number): number[] {
  const pairs = scores
    .flatMap((row, i) => row.map((score, c) => ({ i, c, score })))
    .sort((a, b) => b.score - a.score || a.i - b.i || a.c - b.c);
  const room = Array.from({ length: classes }, (_, c) =>
    Math.floor((scores.length + classes - 1 - c) / classes),
  );
  const assigned = new Array<number>(scores.length).fill(-1);
  for (const { i, c } of pairs) {
    if (assigned[i] >= 0 || room[c] === 0) continue;
    assigned[i] = c;
    room[c] -= 1;
  }
  return assigned;
}
