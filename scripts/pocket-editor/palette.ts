import { styleIndex } from './style.ts';

export const ANCHORS = ['shadow', 'dark', 'light', 'highlight'] as const;

/** Brightness of the anchors when the style is zero. */
const NEUTRAL_BRIGHTNESS = [0.1, 0.38, 0.66, 0.92] as const;

/** How far one unit of each parameter moves an anchor, in intensity. */
const GAIN = { brightness: 0.12, warmth: 0.15, tint: 0.12 } as const;

/** A colour as its mean intensity, half of red less blue, and green less the mean. */
export interface Colour {
  readonly brightness: number;
  readonly warmth: number;
  readonly tint: number;
}

/** The palette's four anchors, dark to light, for a style. */
export function paletteOf(style: Float32Array): Colour[] {
  return ANCHORS.map((anchor, k) => ({
    brightness: NEUTRAL_BRIGHTNESS[k] + GAIN.brightness * style[styleIndex(`${anchor}.brightness`)],
    warmth: GAIN.warmth * style[styleIndex(`${anchor}.warmth`)],
    tint: GAIN.tint * style[styleIndex(`${anchor}.tint`)],
  }));
}

/** The inverse of `paletteOf`: sets a style's palette to four colours written as `#rrggbb`. */
export function setPalette(style: Float32Array, colours: readonly string[]): void {
  ANCHORS.forEach((anchor, k) => {
    const colour = parseColour(colours[k]);
    style[styleIndex(`${anchor}.brightness`)] =
      (colour.brightness - NEUTRAL_BRIGHTNESS[k]) / GAIN.brightness;
    style[styleIndex(`${anchor}.warmth`)] = colour.warmth / GAIN.warmth;
    style[styleIndex(`${anchor}.tint`)] = colour.tint / GAIN.tint;
  });
}

function parseColour(text: string): Colour {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) / 255);
  const brightness = (red + green + blue) / 3;
  return { brightness, warmth: (red - blue) / 2, tint: green - brightness };
}
