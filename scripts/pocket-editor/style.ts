/**
 * The parameters of the stylist, in the order of the style vector. Each is roughly N(0, 1) over prompts.
 *
 * `shadow`, `dark`, `light`, `highlight` are the four anchors of the palette (tone 0, 1/3, 2/3, 1),
 * each with a brightness, a warmth (blue to red) and a tint (magenta to green).
 */
export const styleParameters = [
  'shadow.brightness',
  'dark.brightness',
  'light.brightness',
  'highlight.brightness',
  'shadow.warmth',
  'dark.warmth',
  'light.warmth',
  'highlight.warmth',
  'shadow.tint',
  'dark.tint',
  'light.tint',
  'highlight.tint',
  /** How much of the original colour is kept, and how far its hue is turned. */
  'colour.keep',
  'colour.turn',
  /** Gain of the finest and the middle band: below zero smooths, above sharpens. */
  'detail.fine',
  'detail.middle',
  /** Light from the side: emboss along x and y. */
  'emboss.x',
  'emboss.y',
  /** Strokes by their double angle: horizontal against vertical, and the two diagonals. */
  'stroke.axis',
  'stroke.diagonal',
  /** Lines along edges: above zero dark, below zero light; and their colour. */
  'contour.strength',
  'contour.warmth',
  'contour.tint',
  /** Tone bands: amplitude and phase of a ripple in the tone curve, as cosine and sine. */
  'ripple.cosine',
  'ripple.sine',
  /** Fine structure pressed to ink or chalk. */
  'ink',
] as const;

export type StyleParameter = (typeof styleParameters)[number];

/** The length of a style vector. */
export const STYLE_SIZE = styleParameters.length;

const indices = new Map<string, number>(styleParameters.map((name, i) => [name, i]));

/** The place of a parameter in the style vector. */
export function styleIndex(name: StyleParameter): number {
  return indices.get(name)!;
}
