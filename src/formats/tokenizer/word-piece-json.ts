import type { FastTokenizer } from './marks.ts';

/**
 * What `tokenizer.json` says for a folder that has `vocab.txt` alone, as BERT's own checkpoints do.
 *
 * @param vocabularyText a token a line, in the order of their ids.
 * @param marks tokens that are one wherever they stand in a text, if the vocabulary has them.
 * @param config `tokenizer_config.json`, which says how texts are normalised.
 */
export function wordPieceJson(
  vocabularyText: string,
  marks: readonly string[],
  config: Readonly<Record<string, unknown>>,
): FastTokenizer & Readonly<Record<string, unknown>> {
  const lines = vocabularyText.split(/\r?\n/);
  const tokens = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: marks
      .filter((content) => Object.hasOwn(vocab, content))
      .map((content) => ({
        id: vocab[content],
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config['tokenize_chinese_chars'] !== false,
      // Accents go with capitals, unless that is said to be otherwise.
      strip_accents: config['strip_accents'] ?? null,
      lowercase: config['do_lower_case'] !== false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: marks.find((mark) => mark === config['unk_token']) ?? '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
