import { counterRandom } from '../../src/base/random/counter.ts';
import { HASH_SIZE, HIDDEN_SIZE, MEANING_SHARE, PART } from './text-encoder.ts';
import { orthogonal } from './orthogonal.ts';
import { STYLE_SIZE, styleParameters } from './style.ts';

/** Standard deviation of the part of the style that the mixing decides. */
const AVALANCHE = 0.85;

/** For each parameter the unit vector of the hash that it is read from, `[STYLE_SIZE, HASH_SIZE]`; all orthogonal. */
export function styleDirections(seed: number): Float32Array[] {
  return orthogonal(HASH_SIZE, counterRandom(seed)).slice(0, STYLE_SIZE);
}

/** The directions of the palette's colours. */
export function colourDirections(directions: readonly Float32Array[]): Float32Array[] {
  return directions.filter((_, k) => /warmth|tint/.test(styleParameters[k]));
}

/**
 * The linear map from the encoder's state at an end mark to the style, `[STYLE_SIZE, HIDDEN_SIZE]`: the meaning as
 * it is, plus the hash along the parameter's direction.
 */
export function styleMap(directions: readonly Float32Array[]): Float32Array[] {
  // After the last layer norm an element of the hash has a variance of about 2 without meaning beside it.
  const deviation = Math.sqrt(HIDDEN_SIZE / HASH_SIZE);
  return directions.map((direction, k) => {
    const weights = new Float32Array(HIDDEN_SIZE);
    weights.set(
      direction.map((x) => (AVALANCHE * x) / deviation),
      PART.hash,
    );
    weights[PART.meaning + k] = 1 / MEANING_SHARE;
    // Against the zero part, so that the mean which the layer norm takes away comes back.
    weights[PART.zero] = -weights.reduce((sum, w) => sum + w, 0);
    return weights;
  });
}

/** The style `[STYLE_SIZE]` for the last row of the encoder's `last_hidden_state`, `[HIDDEN_SIZE]`. */
export function styleOf(map: readonly Float32Array[], state: Float32Array): Float32Array {
  return Float32Array.from(map, (row) => row.reduce((sum, w, i) => sum + w * state[i], 0));
}
