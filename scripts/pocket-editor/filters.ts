/** Small linear filters on planes of floats; edges are repeated. */

/** The shape of a plane. */
export interface PlaneSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Correlates with five taps along a direction given in pixels: the sum over k of
 * `taps[k] * source[y + (k - 2) * dy][x + (k - 2) * dx]`.
 */
export function alongLine(
  source: Float32Array,
  target: Float32Array,
  { height, width }: PlaneSize,
  [dy, dx]: readonly [number, number],
  taps: readonly [number, number, number, number, number],
): void {
  const [a, b, c, d, e] = taps;
  const step = dy * width + dx;
  const marginX = 2 * Math.abs(dx);
  const marginY = 2 * Math.abs(dy);
  const at = (y: number, x: number): number =>
    source[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)];
  for (let y = 0; y < height; y++) {
    const inside = y >= marginY && y < height - marginY;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      target[i] =
        inside && x >= marginX && x < width - marginX
          ? a * source[i - 2 * step] +
            b * source[i - step] +
            c * source[i] +
            d * source[i + step] +
            e * source[i + 2 * step]
          : a * at(y - 2 * dy, x - 2 * dx) +
            b * at(y - dy, x - dx) +
            c * at(y, x) +
            d * at(y + dy, x + dx) +
            e * at(y + 2 * dy, x + 2 * dx);
    }
  }
}

const BINOMIAL = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const;

/** Blurs by the binomial kernel (1 4 6 4 1) / 16 at a spacing of `dilation` pixels. */
export function blur(
  source: Float32Array,
  target: Float32Array,
  scratch: Float32Array,
  size: PlaneSize,
  dilation = 1,
): void {
  alongLine(source, scratch, size, [0, dilation], BINOMIAL);
  alongLine(scratch, target, size, [dilation, 0], BINOMIAL);
}
