import type { Random } from '../../src/base/random/random.ts';
import { STYLE_SIZE } from './style.ts';

/** Where a training sample's style and its text come from. */
export interface StyleSource {
  /** Tokens of a text. */
  readonly length: number;
  /** Writes the states of a text, [length, width], and returns the style it stands for. */
  draw(random: Random, text: Float32Array): Float32Array;
}

/**
 * Style vectors written into one token directly. The rest of the token is a fixed pattern, so that
 * the layer norm that comes first finds the same scale whatever the style is.
 */
export function styleCodes(width: number): StyleSource {
  return {
    length: 1,
    draw(random, text) {
      const style = Float32Array.from({ length: STYLE_SIZE }, () => random.normal());
      for (let i = 0; i < width; i++) {
        text[i] = i < STYLE_SIZE ? 0.5 * style[i] : i % 2 === 0 ? 1 : -1;
      }
      return style;
    },
  };
}

/** The states of the real text encoder for random prompts. */
export async function textStates(): Promise<StyleSource> {
  throw new TypeError('the text encoder has to be built first');
}
