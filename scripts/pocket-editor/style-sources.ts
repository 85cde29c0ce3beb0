import type { Random } from '../../src/base/random/random.ts';
import { counterRandom } from '../../src/base/random/counter.ts';
import { buildText } from './pocket-text.ts';
import { promptSource, randomPrompt } from './prompts.ts';
import { STYLE_SIZE } from './style.ts';

/** How a style is written into the one token that stands for a text while the U-Net learns. */
export const codeScale = 0.5;

/** The rest of the token: a layer norm finds the same scale whatever the style is. */
export function codePattern(width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? 1 : -1));
}

export function writeCode(style: Float32Array, token: Float32Array): void {
  token.set(codePattern(token.length));
  for (let i = 0; i < STYLE_SIZE; i++) token[i] = codeScale * style[i];
}

/** Draws the style of a training sample. */
export type StyleSource = (random: Random) => Float32Array;

/**
 * Styles of `count` random prompts and of the known styles, which are what the editor will meet,
 * mixed with independent normal numbers, which fill the space between them.
 */
export async function promptStyles(count: number): Promise<StyleSource> {
  const text = await buildText();
  const source = await promptSource(counterRandom(2405, 1));
  const { styles } = source;
  const prompts = Array.from({ length: count }, () => randomPrompt(source));
  const bank = [...prompts, ...styles, ...styles.map((style) => `with ${style}`)].map((prompt) =>
    text.style(prompt),
  );
  return (own) =>
    own.uniform() < 0.7
      ? bank[own.integer(bank.length)]
      : Float32Array.from({ length: STYLE_SIZE }, () => own.normal());
}
