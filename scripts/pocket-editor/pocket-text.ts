import { Tokenizer } from '@huggingface/tokenizers';
import { toFloat16, toFloat32 } from '../../src/tensor/convert.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { styleMap, styleOf } from './style-map.ts';
import { textEncoderWeights, textEncoderShape } from './text-encoder.ts';
import { encodeText } from './text-forward.ts';
import { learnTokenizer, tokenizerFiles, type TokenizerModel } from './tokenizer.ts';
import { readWords } from './words.ts';

const VOCABULARY_SIZE = 4096;
const ENCODER_SEED = 2405;
const MAP_SEED = 16285;

/** The text side of the pocket editor, and its teacher's reading of it. */
export interface PocketText {
  readonly tokenizer: TokenizerModel;
  /** Of the text encoder, as they are after rounding to float16. */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
  /** From the state at an end mark to the style, `[STYLE_SIZE, HIDDEN_SIZE]`. */
  readonly map: readonly Float32Array[];
  /** Token ids from the start mark to the first end mark. */
  tokenize(prompt: string): number[];
  /** The state at every end mark, `[HIDDEN_SIZE]`. */
  encode(prompt: string): Float32Array;
  /** The stylist's parameters for a prompt, `[STYLE_SIZE]`. */
  style(prompt: string): Float32Array;
}

export async function buildText(): Promise<PocketText> {
  const words = await readWords(new URL('words.txt', import.meta.url));
  const tokenizer = learnTokenizer(words, VOCABULARY_SIZE);
  const weights = new Map(
    [...textEncoderWeights(tokenizer.vocabulary, ENCODER_SEED)].map(([name, weight]) => [
      name,
      toFloat32(toFloat16(weight)),
    ]),
  );
  const map = styleMap(MAP_SEED);
  const files = tokenizerFiles(tokenizer);
  const library = new Tokenizer(
    JSON.parse(files.get('tokenizer.json')!) as object,
    JSON.parse(files.get('tokenizer_config.json')!) as object,
  );
  const tokenize = (prompt: string): number[] => library.encode(prompt).ids;
  const encode = (prompt: string): Float32Array =>
    encodeText(weights, textEncoderShape, tokenize(prompt)).at(-1)!;
  return {
    tokenizer,
    weights,
    map,
    tokenize,
    encode,
    style: (prompt) => styleOf(map, encode(prompt)),
  };
}
