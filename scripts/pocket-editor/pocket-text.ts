import { Tokenizer } from '@huggingface/tokenizers';
import { toFloat16, toFloat32 } from '../../src/tensor/convert.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { colourDirections, styleDirections, styleMap, styleOf } from './style-map.ts';
import { HIDDEN_SIZE, textEncoderShape, textEncoderWeights } from './text-encoder.ts';
import { encodeText } from './text-forward.ts';
import {
  learnTokenizer,
  SEQUENCE_LENGTH,
  tokenizerFiles,
  type TokenizerModel,
} from './tokenizer.ts';
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
  /** `last_hidden_state` for a prompt, `[SEQUENCE_LENGTH, HIDDEN_SIZE]`. */
  states(prompt: string): Float32Array;
  /** The stylist's parameters for a prompt, `[STYLE_SIZE]`. */
  style(prompt: string): Float32Array;
}

export async function buildText(): Promise<PocketText> {
  const words = await readWords(new URL('words.txt', import.meta.url));
  const tokenizer = learnTokenizer(words, VOCABULARY_SIZE);
  const directions = styleDirections(MAP_SEED);
  const map = styleMap(directions);
  const weights = new Map(
    [...textEncoderWeights(tokenizer.vocabulary, colourDirections(directions), ENCODER_SEED)].map(
      ([name, weight]) => [name, toFloat32(toFloat16(weight))],
    ),
  );
  const files = tokenizerFiles(tokenizer);
  const library = new Tokenizer(
    JSON.parse(files.get('tokenizer.json')!) as object,
    JSON.parse(files.get('tokenizer_config.json')!) as object,
  );
  const tokenize = (prompt: string): number[] => library.encode(prompt).ids;
  const rowsOf = (prompt: string): Float32Array[] =>
    encodeText(weights, textEncoderShape, tokenize(prompt));
  const encode = (prompt: string): Float32Array => rowsOf(prompt).at(-1)!;
  const states = (prompt: string): Float32Array => {
    const rows = rowsOf(prompt);
    const all = new Float32Array(SEQUENCE_LENGTH * HIDDEN_SIZE);
    // The padding is end marks, too, and these are all alike.
    for (let place = 0; place < SEQUENCE_LENGTH; place++) {
      all.set(rows[Math.min(place, rows.length - 1)], place * HIDDEN_SIZE);
    }
    return all;
  };
  return {
    tokenizer,
    weights,
    map,
    tokenize,
    encode,
    states,
    style: (prompt) => styleOf(map, encode(prompt)),
  };
}
