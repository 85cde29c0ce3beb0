/**
 * A set of pixels as spans `[start, end)` of a picture's columns, which are counted on from top to
 * bottom, then from left to right, as in COCO's run lengths. Ascending, and none touches another.
 */
export interface Region {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** How many pixels a region has. */
export const areaOf = ({ starts, ends }: Region): number =>
  starts.reduce((sum, start, i) => sum + ends[i] - start, 0);

/** The pixels that are in any of the regions. */
export function union(regions: readonly Region[]): Region {
  const spans = regions
    .flatMap(({ starts, ends }) => starts.map((start, i) => [start, ends[i]] as const))
    .sort(([a], [b]) => a - b);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const [start, end] of spans) {
    const last = ends.length - 1;
    if (last >= 0 && start <= ends[last]) ends[last] = Math.max(ends[last], end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return { starts, ends };
}

/** Writes `value` into a picture of rows where the region is. */
export function paint(
  { starts, ends }: Region,
  value: number,
  data: Uint8Array,
  width: number,
  height: number,
): void {
  starts.forEach((start, i) => {
    let x = Math.floor(start / height);
    let y = start % height;
    for (let place = start; place < ends[i]; place++) {
      data[y * width + x] = value;
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  });
}
