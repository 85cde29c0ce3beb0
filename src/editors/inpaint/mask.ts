import type { RgbImage, Size } from '../../tensor/image.ts';
import type { Box } from '../image/box.ts';
import { borderContrast, type Saliency } from './saliency.ts';

/**
 * Names the way in which masks are chosen. It is part of what an editor of object keys is hashed by,
 * and changes whenever the same picture would get another mask.
 */
export const maskMethod = 'border contrast 1';

/** Share of a picture that is painted anew: enough for an object to be seen, and most stays. */
const share = 0.2;

/** Neighbouring positions that are tried lie at most this share of the box apart. */
const stride = 1 / 3;

/**
 * What counts as equal, for noise decides less than that: shares of all saliency, and of the largest
 * distance from the subject.
 */
const tie = { mass: 0.005, distance: 0.1 } as const;

/**
 * Where an object key paints its object: the square of about a fifth of the picture that has the
 * least of its subject, i.e. the smallest sum of `borderContrast`. Of several as good, it is the one
 * farthest from the subject, i.e. from the centroid of saliency; of those as far, the lowest, then
 * the leftmost, for things stand on the ground. In oblong pictures, where no such square has room,
 * the box has the full height or width.
 *
 * It depends on the picture alone. Its sides are multiples of `factor`, the pixels along a side of a
 * latent; it may reach beyond the right and the bottom side by a part of a latent.
 */
export function objectBox(picture: RgbImage, factor: number): Box {
  const columns = Math.ceil(picture.width / factor);
  const rows = Math.ceil(picture.height / factor);
  const { width, height } = boxSize(picture);
  const across = cells(width, factor, columns);
  const down = cells(height, factor, rows);
  const boxes = [...positions(rows, down)].reverse().flatMap((row) =>
    positions(columns, across).map((column): Box => ({
      left: column * factor,
      top: row * factor,
      right: (column + across) * factor,
      bottom: (row + down) * factor,
    })),
  );
  const saliency = borderContrast(picture);
  const emptiest = leastOf(boxes, massIn(saliency, picture), tie.mass);
  const distance = distanceFrom(centroid(saliency), picture);
  const farthest = emptiest.map(distance).reduce((a, b) => Math.max(a, b));
  return leastOf(emptiest, (box) => -distance(box), tie.distance * farthest)[0];
}

/** The boxes whose value is the least, or more than that by no more than `margin`. */
function leastOf(boxes: readonly Box[], value: (box: Box) => number, margin: number): Box[] {
  const values = boxes.map(value);
  const most = values.reduce((a, b) => Math.min(a, b)) + margin;
  return boxes.filter((_, i) => values[i] <= most);
}

/** A square of `share` of the area, or where it has no room a box of that area. */
function boxSize({ width, height }: Size): Size {
  const area = share * width * height;
  const side = Math.sqrt(area);
  if (side > height) return { width: area / height, height };
  if (side > width) return { width, height: area / width };
  return { width: side, height: side };
}

const cells = (length: number, factor: number, most: number): number =>
  Math.min(most, Math.max(1, Math.round(length / factor)));

/** First cells of a box of `size` cells that is moved along `all`, evenly spaced, ends included. */
function positions(all: number, size: number): number[] {
  const free = all - size;
  const steps = Math.min(free, Math.ceil(free / (size * stride)));
  if (steps === 0) return [0];
  return Array.from({ length: steps + 1 }, (_, i) => Math.round((i * free) / steps));
}

/** The share of all saliency that lies in a box of the picture; 0 where there is none at all. */
function massIn(saliency: Saliency, picture: Size): (box: Box) => number {
  const { width, height } = saliency;
  const upTo = integral(saliency);
  const total = upTo(width, height);
  if (total === 0) return () => 0;
  const x = (pixel: number): number => (Math.min(pixel, picture.width) * width) / picture.width;
  const y = (pixel: number): number => (Math.min(pixel, picture.height) * height) / picture.height;
  return ({ left, top, right, bottom }) => {
    const [x0, y0, x1, y1] = [x(left), y(top), x(right), y(bottom)];
    return (upTo(x1, y1) - upTo(x0, y1) - upTo(x1, y0) + upTo(x0, y0)) / total;
  };
}

/** The centre of mass of saliency, in shares of width and height; where there is none, the middle. */
function centroid({ width, data }: Saliency): { readonly x: number; readonly y: number } {
  let [x, y, all] = [0, 0, 0];
  for (const [i, value] of data.entries()) {
    x += value * ((i % width) + 0.5);
    y += value * (Math.floor(i / width) + 0.5);
    all += value;
  }
  if (all === 0) return { x: 0.5, y: 0.5 };
  return { x: x / (all * width), y: (y * width) / (all * data.length) };
}

/** From a place, in shares of width and height, to the middle of a box of the picture, in pixels. */
function distanceFrom(
  place: { readonly x: number; readonly y: number },
  { width, height }: Size,
): (box: Box) => number {
  return ({ left, top, right, bottom }) => {
    const dx = (left + right) / 2 - place.x * width;
    const dy = (top + bottom) / 2 - place.y * height;
    return Math.sqrt(dx * dx + dy * dy);
  };
}

/** The sum of all saliency left of x and above y, which may lie within a pixel (integral image). */
function integral({ width, height, data }: Saliency): (x: number, y: number) => number {
  const line = width + 1;
  const sums = new Float64Array(line * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += data[y * width + x];
      sums[(y + 1) * line + x + 1] = sums[y * line + x + 1] + row;
    }
  }
  return (x, y) => {
    const column = Math.min(width - 1, Math.floor(x));
    const row = Math.min(height - 1, Math.floor(y));
    const [right, down] = [x - column, y - row];
    const along = (i: number): number => (1 - right) * sums[i] + right * sums[i + 1];
    return (1 - down) * along(row * line + column) + down * along((row + 1) * line + column);
  };
}
