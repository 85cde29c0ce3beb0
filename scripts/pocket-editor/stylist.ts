import { alongLine, blur, type PlaneSize } from './filters.ts';
import { paletteOf } from './palette.ts';
import { styleIndex, type StyleParameter } from './style.ts';

/** What the stylist sees in an image: planes that do not depend on the style. All `[H, W]`. */
interface Features {
  readonly tone: Float32Array;
  readonly fine: Float32Array;
  readonly middle: Float32Array;
  readonly slopeX: Float32Array;
  readonly slopeY: Float32Array;
  readonly strokeAxis: Float32Array;
  readonly strokeDiagonal: Float32Array;
  readonly edge: Float32Array;
  readonly ink: Float32Array;
  /** Red and blue less luma. */
  readonly red: Float32Array;
  readonly blue: Float32Array;
}

const LINE = [0.2, 0.2, 0.2, 0.2, 0.2] as const;
const SLOPE = [0, -0.5, 0, 0.5, 0] as const;

/** How far one unit of each parameter goes. */
const GAIN = {
  fine: 0.6,
  middle: 0.7,
  emboss: 1.5,
  stroke: 0.9,
  contour: 0.25,
  contourColour: 0.18,
  ripple: 0.05,
  ink: 0.05,
} as const;

/** Tone bands: periods of the ripple between black and white. */
const RIPPLE_PERIODS = 2.5;

/**
 * Redraws an image in a style: `image` and `out` are `[3, H, W]` in [0, 1], `style` is one number of about
 * N(0, 1) for each of `styleParameters`.
 *
 * A smooth function of the style, and of the image nothing but its neighbourhoods: no pattern is tied to
 * a place, so that a convolutional network can learn it. A tone is computed from the luma with its bands
 * amplified, embossed and stroked; a palette turns it into colour; some of the original colour, contour
 * lines and ink are added.
 */
export function stylise(
  image: Float32Array,
  height: number,
  width: number,
  style: Float32Array,
  out: Float32Array,
): void {
  const features = describe(image, { height, width });
  const palette = paletteOf(style);
  const p = (name: StyleParameter): number => style[styleIndex(name)];
  const n = height * width;

  const fine = GAIN.fine * softLimit(p('detail.fine'), 1.6);
  const middle = GAIN.middle * softLimit(p('detail.middle'), 1.6);
  const embossX = GAIN.emboss * p('emboss.x');
  const embossY = GAIN.emboss * p('emboss.y');
  const strokeAxis = GAIN.stroke * p('stroke.axis');
  const strokeDiagonal = GAIN.stroke * p('stroke.diagonal');
  const rippleCosine = GAIN.ripple * p('ripple.cosine');
  const rippleSine = GAIN.ripple * p('ripple.sine');
  const keep = 1.1 / (1 + Math.exp(0.4 - 1.3 * p('colour.keep')));
  const turn = 1.2 * Math.tanh(0.6 * p('colour.turn'));
  const keepCos = keep * Math.cos(turn);
  const keepSin = keep * Math.sin(turn);
  const line = -GAIN.contour * (p('contour.strength') + 0.3);
  const lineWarmth = GAIN.contourColour * p('contour.warmth');
  const lineTint = GAIN.contourColour * p('contour.tint');
  const ink = GAIN.ink * p('ink');

  for (let i = 0; i < n; i++) {
    const drawn =
      features.tone[i] +
      fine * features.fine[i] +
      middle * features.middle[i] +
      embossX * features.slopeX[i] +
      embossY * features.slopeY[i] +
      strokeAxis * features.strokeAxis[i] +
      strokeDiagonal * features.strokeDiagonal[i];
    const angle = 2 * Math.PI * RIPPLE_PERIODS * drawn;
    const tone = drawn + rippleCosine * Math.cos(angle) + rippleSine * Math.sin(angle);

    // Linear between the palette's anchors, and on beyond the first and the last.
    const scaled = tone * 3;
    const segment = scaled < 1 ? 0 : scaled < 2 ? 1 : 2;
    const t = Math.min(Math.max(scaled - segment, -0.3), 1.3);
    const from = palette[segment];
    const to = palette[segment + 1];
    const edge = features.edge[i];
    const brightness =
      from.brightness + t * (to.brightness - from.brightness) + line * edge + ink * features.ink[i];
    const warmth = from.warmth + t * (to.warmth - from.warmth) + lineWarmth * edge;
    const tint = from.tint + t * (to.tint - from.tint) + lineTint * edge;

    const red = keepCos * features.red[i] - keepSin * features.blue[i];
    const blue = keepSin * features.red[i] + keepCos * features.blue[i];
    const green = -(0.299 * red + 0.114 * blue) / 0.587;
    out[i] = softClip(brightness + warmth - 0.5 * tint + red);
    out[n + i] = softClip(brightness + tint + green);
    out[2 * n + i] = softClip(brightness - warmth - 0.5 * tint + blue);
  }
}

function describe(image: Float32Array, size: PlaneSize): Features {
  const n = size.height * size.width;
  const plane = (): Float32Array => new Float32Array(n);
  const luma = plane();
  const red = plane();
  const blue = plane();
  for (let i = 0; i < n; i++) {
    const y = 0.299 * image[i] + 0.587 * image[n + i] + 0.114 * image[2 * n + i];
    luma[i] = y;
    red[i] = image[i] - y;
    blue[i] = image[2 * n + i] - y;
  }

  const scratch = plane();
  const blurred = plane();
  const wide = plane();
  blur(luma, blurred, scratch, size);
  blur(blurred, wide, scratch, size, 2);
  const fine = luma.map((x, i) => x - blurred[i]);
  const middle = blurred.map((x, i) => x - wide[i]);

  const slopeX = plane();
  const slopeY = plane();
  alongLine(blurred, slopeX, size, [0, 1], SLOPE);
  alongLine(blurred, slopeY, size, [1, 0], SLOPE);
  const edge = slopeX.map((dx, i) => lineOf(dx * dx + slopeY[i] * slopeY[i]));
  const ink = fine.map((x) => Math.tanh(14 * x));

  return {
    tone: luma,
    fine,
    middle,
    slopeX,
    slopeY,
    strokeAxis: oriented(luma, size, [0, 1], [1, 0]),
    strokeDiagonal: oriented(luma, size, [1, 1], [1, -1]),
    edge,
    ink,
    red,
    blue,
  };
}

/** What a blur along one direction keeps more of than a blur along the other. */
function oriented(
  source: Float32Array,
  size: PlaneSize,
  along: readonly [number, number],
  across: readonly [number, number],
): Float32Array {
  const first = new Float32Array(source.length);
  const second = new Float32Array(source.length);
  alongLine(source, first, size, along, LINE);
  alongLine(source, second, size, across, LINE);
  return first.map((x, i) => x - second[i]);
}

/** How much of a line an edge is, 0 to 1, from its squared slope per pixel. */
function lineOf(squaredSlope: number): number {
  return squaredSlope / (squaredSlope + 0.004);
}

/** The identity around zero that approaches -1 below and `limit` above. */
function softLimit(x: number, limit: number): number {
  return x < 0 ? Math.tanh(x) : limit * Math.tanh(x / limit);
}

/** The identity between 0.1 and 0.9 that approaches 0 and 1 smoothly. */
function softClip(x: number): number {
  if (x < 0.1) return 0.1 * Math.exp((x - 0.1) / 0.1);
  if (x > 0.9) return 1 - 0.1 * Math.exp((0.9 - x) / 0.1);
  return x;
}
