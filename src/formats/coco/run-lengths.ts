import { ModelLockError } from '../../base/error.ts';
import type { Region } from './region.ts';

/**
 * The counts in a compressed run-length string of pycocotools: groups of five bits from the lowest
 * on, a character each; from the third count on, what is added to the one two before it. Throws
 * `data`, naming `where`.
 */
export function parseRunLengths(text: string, where: string): number[] {
  const counts: number[] = [];
  for (let place = 0; place < text.length;) {
    let value = 0;
    let scale = 1;
    for (let more = true; more; place++) {
      const bits = text.charCodeAt(place) - 48;
      // Ends of strings give NaN; more than six groups are more than 32 bits.
      if (!(bits >= 0 && bits < 64) || scale > 2 ** 30) {
        throw new ModelLockError('data', `${where} has a broken run-length string`);
      }
      value += (bits & 31) * scale;
      scale *= 32;
      more = (bits & 32) !== 0;
      if (!more && (bits & 16) !== 0) value -= scale;
    }
    counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
  }
  return counts;
}

/**
 * The region of run lengths: how many pixels are outside, then how many inside, and so on, down the
 * columns from the left. Throws `data` unless they are exactly as many as the picture has.
 */
export function regionOfRuns(
  counts: readonly number[],
  width: number,
  height: number,
  where: string,
): Region {
  const pixels = width * height;
  const sum = counts.reduce((total, count) => total + (count >= 0 ? count : NaN), 0);
  if (sum !== pixels) {
    throw new ModelLockError(
      'data',
      `${where} has run lengths of ${sum} pixels, its picture has ${pixels}`,
    );
  }
  const starts: number[] = [];
  const ends: number[] = [];
  let place = 0;
  counts.forEach((count, i) => {
    if (i % 2 === 1 && count > 0) {
      starts.push(place);
      ends.push(place + count);
    }
    place += count;
  });
  return { starts, ends };
}
