import { END_OF_WORD, learnMerges, type Merge } from './byte-pairs.ts';
import type { WordCounts } from './words.ts';

export const START_TOKEN = '<|startoftext|>';
export const END_TOKEN = '<|endoftext|>';

/** The number of tokens of every prompt, padded or cut. */
export const SEQUENCE_LENGTH = 77;

/** A CLIP tokenizer: ids in the order of `vocabulary`, merges in the order of their rank. */
export interface TokenizerModel {
  readonly vocabulary: readonly string[];
  readonly merges: readonly Merge[];
}

/** Learns a tokenizer with `size` tokens in CLIP's order: byte letters, the same at a word's end, merges, two marks. */
export function learnTokenizer(words: WordCounts, size: number): TokenizerModel {
  const letters = byteLetters();
  const merges = learnMerges(words, size - 2 * letters.length - 2);
  const vocabulary = [
    ...letters,
    ...letters.map((letter) => letter + END_OF_WORD),
    ...merges.map((merge) => merge.join('')),
    START_TOKEN,
    END_TOKEN,
  ];
  return { vocabulary, merges };
}

/** GPT-2's printable letter for each byte: printable Latin-1 bytes first, then the others from U+0100 on. */
function byteLetters(): string[] {
  const isPrintable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter(isPrintable).map((byte) => String.fromCodePoint(byte));
  const others = bytes.filter((byte) => !isPrintable(byte));
  return [...printable, ...others.map((_, i) => String.fromCodePoint(256 + i))];
}

/** The files of a `CLIPTokenizer` folder, by name. */
export function tokenizerFiles(model: TokenizerModel): ReadonlyMap<string, string> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ['vocab.json', `${JSON.stringify(vocabularyIds(model))}\n`],
    ['merges.txt', ['#version: 0.2', ...model.merges.map((m) => m.join(' ')), ''].join('\n')],
    ['tokenizer_config.json', json(tokenizerConfig)],
    ['special_tokens_map.json', json(specialTokens)],
    ['tokenizer.json', json(fastTokenizer(model))],
  ]);
}

export function vocabularyIds(model: TokenizerModel): Record<string, number> {
  return Object.fromEntries(model.vocabulary.map((token, id) => [token, id]));
}

const mark = (content: string): object => ({
  content,
  lstrip: false,
  normalized: true,
  rstrip: false,
  single_word: false,
});

const specialTokens = {
  bos_token: mark(START_TOKEN),
  eos_token: mark(END_TOKEN),
  pad_token: END_TOKEN,
  unk_token: mark(END_TOKEN),
};

const tokenizerConfig = {
  tokenizer_class: 'CLIPTokenizer',
  model_max_length: SEQUENCE_LENGTH,
  do_lower_case: true,
  add_prefix_space: false,
  errors: 'replace',
  bos_token: START_TOKEN,
  eos_token: END_TOKEN,
  pad_token: END_TOKEN,
  unk_token: END_TOKEN,
};

/** CLIP's way of cutting a text into words. */
const WORD =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** The same tokenizer in the format of the tokenizers library. */
function fastTokenizer(model: TokenizerModel): object {
  const ids = vocabularyIds(model);
  const added = [START_TOKEN, END_TOKEN].map((content) => ({
    id: ids[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: content === START_TOKEN,
    special: true,
  }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORD }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [END_TOKEN, ids[END_TOKEN]],
      cls: [START_TOKEN, ids[START_TOKEN]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: END_TOKEN,
      continuing_subword_prefix: '',
      end_of_word_suffix: END_OF_WORD,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: ids,
      merges: model.merges,
    },
  };
}
