import { ModelLockError } from '../../base/error.ts';
import type { Region } from './region.ts';

/** Edges are drawn on a grid so many times finer. */
const scale = 5;

/**
 * The pixels of a polygon `[x0, y0, x1, y1, ...]`, exactly those that pycocotools has (`rleFrPoly`
 * of its `maskApi.c`): the edges are drawn as lines on a grid five times finer, and where they
 * cross the middle of a column of pixels, inside and outside change (even-odd). Throws `data`,
 * naming `where`, for fewer than three points, and for points further out than the picture is
 * large.
 */
export function regionOfPolygon(
  polygon: readonly number[],
  width: number,
  height: number,
  where: string,
): Region {
  requirePoints(polygon, width, height, where);
  const crossings = crossingsOf(polygon, width, height);
  const starts: number[] = [];
  const ends: number[] = [];
  // The same place twice is no change. What is still inside at the end goes on to the last pixel.
  let inside = false;
  for (let i = 0; i < crossings.length; i++) {
    const place = crossings[i];
    if (place >= width * height) break;
    if (place === crossings[i + 1]) {
      i++;
      continue;
    }
    (inside ? ends : starts).push(place);
    inside = !inside;
  }
  if (inside) ends.push(width * height);
  return { starts, ends };
}

function requirePoints(
  polygon: readonly number[],
  width: number,
  height: number,
  where: string,
): void {
  if (polygon.length < 6 || polygon.length % 2 !== 0) {
    throw new ModelLockError('data', `${where} has a polygon of ${polygon.length} numbers`, {
      valid: ['x and y of three points or more'],
    });
  }
  const sizes = [width, height];
  const far = polygon.findIndex((value, i) => {
    const size = sizes[i % 2];
    return !(value >= -size && value <= 2 * size);
  });
  if (far < 0) return;
  const axis = far % 2 === 0 ? 'x' : 'y';
  throw new ModelLockError(
    'data',
    `${where} has a polygon with ${axis} = ${polygon[far]}, far outside its ${width}x${height} pixels`,
  );
}

/** Places, down the columns, where the polygon's edge crosses the middle of a column; ascending. */
function crossingsOf(polygon: readonly number[], width: number, height: number): number[] {
  const points = polygon.length / 2;
  const fine = polygon.map((value) => Math.trunc(scale * value + 0.5));
  const crossings: number[] = [];
  let before: readonly [number, number] | undefined;
  for (let i = 0; i < points; i++) {
    const next = (i + 1) % points;
    const from = [fine[2 * i], fine[2 * i + 1]] as const;
    const to = [fine[2 * next], fine[2 * next + 1]] as const;
    for (const point of lineBetween(from, to)) {
      if (before && point[0] !== before[0]) {
        const place = crossing(before, point, width, height);
        if (place !== undefined) crossings.push(place);
      }
      before = point;
    }
  }
  return crossings.sort((a, b) => a - b);
}

type Point = readonly [number, number];

/** The points of a line on the fine grid. Both directions give the same ones. */
function* lineBetween(from: Point, to: Point): Generator<Point> {
  const dx = Math.abs(to[0] - from[0]);
  const dy = Math.abs(to[1] - from[1]);
  const flat = dx >= dy;
  const axis = flat ? 0 : 1;
  const flip = from[axis] > to[axis];
  const [start, end] = flip ? [to, from] : [from, to];
  const steps = Math.max(dx, dy);
  const slope = steps === 0 ? 0 : (end[1 - axis] - start[1 - axis]) / steps;
  for (let d = 0; d <= steps; d++) {
    const t = flip ? steps - d : d;
    const along = t + start[axis];
    const across = Math.trunc(start[1 - axis] + slope * t + 0.5);
    yield flat ? [along, across] : [across, along];
  }
}

/** The place in the column whose middle lies between two points; `undefined` where none does. */
function crossing(a: Point, b: Point, width: number, height: number): number | undefined {
  const x = ((b[0] < a[0] ? b[0] : b[0] - 1) + 0.5) / scale - 0.5;
  if (x !== Math.floor(x) || x < 0 || x > width - 1) return undefined;
  const y = (Math.min(a[1], b[1]) + 0.5) / scale - 0.5;
  return x * height + Math.ceil(Math.min(Math.max(y, 0), height));
}
