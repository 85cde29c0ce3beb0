import { ModelLockError } from '../../base/error.ts';
import { openStages, type TokenizerStages } from './library.ts';
import { contentOf, splitAt, type FastTokenizer, type Mark } from './marks.ts';
import { wordPieceJson } from './word-piece-json.ts';

/** The files of a BertTokenizer's folder, as JSON or text; one of the first two is needed. */
export interface WordPieceFiles {
  /** `tokenizer.json` */
  readonly tokenizer?: FastTokenizer;
  /** `vocab.txt` */
  readonly vocabulary?: string;
  /** `tokenizer_config.json` */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Longer texts than any encoder takes; libraries write 1e30 where there is no limit. */
const longestLength = 2 ** 16;

/** BERT's tokenizer (arXiv 1810.04805): words and pieces of words between `[CLS]` and `[SEP]`. */
export class WordPieceTokenizer {
  /** Tokens of a text at most, both marks counted, by the files; undefined where they do not say. */
  readonly maxLength: number | undefined;
  /** The token that fills a batch up. */
  readonly pad: number;
  /** One more than the largest id. */
  readonly size: number;
  readonly #stages: TokenizerStages;
  readonly #marks: readonly Mark[];
  readonly #start: number;
  readonly #end: number;
  readonly #unknown: number;
  readonly #spacesIdeographs: boolean;

  /**
   * @param where the folder, for messages.
   *
   * Throws `not-found` when files are missing, `corrupt` for damaged ones or a vocabulary without
   * the marks, `unsupported` for a tokenizer of another kind.
   */
  constructor({ tokenizer, vocabulary, config }: WordPieceFiles, where = 'the tokenizer') {
    const markOf = (name: string, usual: string): string =>
      contentOf(config[`${name}_token`], usual);
    const [unknown, start, end, pad, mask] = [
      markOf('unk', '[UNK]'),
      markOf('cls', '[CLS]'),
      markOf('sep', '[SEP]'),
      markOf('pad', '[PAD]'),
      markOf('mask', '[MASK]'),
    ];
    const json: WordPieceJson | undefined =
      tokenizer ??
      (vocabulary === undefined
        ? undefined
        : wordPieceJson(vocabulary, [pad, unknown, start, end, mask], config));
    if (!json) {
      throw new ModelLockError('not-found', `${where} lacks files`, {
        valid: ['tokenizer.json', 'vocab.txt'],
      });
    }
    if (!isWordPiece(json)) {
      throw new ModelLockError('unsupported', `${where} is not a tokenizer of word pieces`);
    }
    this.#stages = openStages(json, config, where);
    this.#marks = json.added_tokens;
    const idOf = (token: string): number => {
      const id = this.#marks.find(({ content }) => content === token)?.id;
      const found = id ?? this.#stages.idOf(token);
      if (found !== undefined) return found;
      throw new ModelLockError('corrupt', `${where} has no token "${token}"`);
    };
    [this.#unknown, this.#start, this.#end, this.pad] = [unknown, start, end, pad].map(idOf);
    this.#spacesIdeographs = json.normalizer?.handle_chinese_chars === true;
    this.size = this.#marks.reduce((most, { id }) => Math.max(most, id + 1), this.#stages.size);
    const { model_max_length: length } = config;
    const isLimit = Number.isInteger(length) && Number(length) >= 2;
    this.maxLength = isLimit && Number(length) <= longestLength ? Number(length) : undefined;
  }

  /** The ids of a text between its marks, cut at its end where it is longer than `length`. */
  encode(text: string, length: number = this.maxLength ?? longestLength): number[] {
    return [this.#start, ...this.tokens(text).slice(0, length - 2), this.#end];
  }

  /** The ids of the text alone, not cut. */
  tokens(text: string): number[] {
    const exact = this.#marks.filter(({ normalized }) => !normalized);
    return splitAt(text, exact).flatMap((part) =>
      typeof part === 'number' ? [part] : this.#tokensOfPlain(part),
    );
  }

  #tokensOfPlain(text: string): number[] {
    const stages = this.#stages;
    const marks = this.#marks.filter(({ normalized }) => normalized);
    const spaced = this.#spacesIdeographs ? text.replaceAll(rareIdeographs, ' $& ') : text;
    return splitAt(stages.normalize(spaced), marks).flatMap((part) =>
      typeof part === 'number'
        ? [part]
        : stages.tokens(stages.words(part)).map((token) => stages.idOf(token) ?? this.#unknown),
    );
  }
}

/**
 * Ideographs beyond the first 65,536 characters: each is a word, but the library, which goes through
 * UTF-16 by its halves, sees none.
 */
const rareIdeographs =
  /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** What is looked into of a `tokenizer.json`. */
interface WordPieceJson extends FastTokenizer {
  readonly normalizer?: { readonly handle_chinese_chars?: unknown } | null;
  readonly model?: { readonly type?: unknown };
}

const isWordPiece = (json: WordPieceJson): boolean =>
  Array.isArray(json.added_tokens) && json.model?.type === 'WordPiece';
