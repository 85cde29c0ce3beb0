import { ModelLockError } from '../../base/error.ts';
import { openStages, requireId, type TokenizerStages } from '../../formats/tokenizer/library.ts';
import {
  contentOf,
  splitAt,
  type FastTokenizer,
  type Mark,
} from '../../formats/tokenizer/marks.ts';
import { int64, type Tensor } from '../../tensor/tensor.ts';
import { fastTokenizerJson } from './fast-tokenizer.ts';

/** The files of a CLIPTokenizer folder, as JSON or text; either the first or the next two are needed. */
export interface TokenizerFiles {
  /** `tokenizer.json` */
  readonly tokenizer?: FastTokenizer;
  /** `vocab.json` */
  readonly vocabulary?: Readonly<Record<string, number>>;
  /** `merges.txt` */
  readonly merges?: string;
  /** `tokenizer_config.json` */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A text as a text encoder takes it. */
export interface Encoding {
  /** int64 [1, maxLength]: start mark, tokens, end mark, padding; cut where the text is too long. */
  readonly ids: Tensor<'int64'>;
  /** Tokens before cutting, both marks counted. */
  readonly length: number;
}

/** Places of a text, both marks counted, where a configuration does not say. */
const usualLength = 77;
/** Longer texts than any text encoder takes; libraries write 1e30 where there is no limit. */
const longestLength = 1024;

/** CLIP's tokenizer: lower-cased byte pairs between two marks, always of the same length. */
export class ClipTokenizer {
  /** Places of a text, both marks counted: 77. */
  readonly maxLength: number;
  readonly #stages: TokenizerStages;
  /** Marks that are looked for in a text as it was given, and in a normalised one. */
  readonly #exactMarks: readonly Mark[];
  readonly #normalizedMarks: readonly Mark[];
  readonly #start: number;
  readonly #end: number;
  readonly #pad: number;

  /**
   * @param where the folder, for messages.
   *
   * Throws `not-found` when files are missing, `corrupt` for damaged ones or a vocabulary without
   * the marks, `unsupported` for a tokenizer of another kind.
   */
  constructor(files: TokenizerFiles, where = 'the tokenizer') {
    const { config } = files;
    const end = contentOf(config['eos_token'], '<|endoftext|>');
    const pad = contentOf(config['pad_token'], end);
    const json = jsonOf(files, pad, where);
    this.#stages = openStages(json, config, where);
    this.#exactMarks = json.added_tokens.filter((mark) => !mark.normalized);
    this.#normalizedMarks = json.added_tokens.filter((mark) => mark.normalized);
    this.maxLength = lengthOf(config['model_max_length']);
    const idOf = (token: string): number => {
      const mark = json.added_tokens.find(({ content }) => content === token);
      const id = mark?.id ?? this.#stages.idOf(token);
      if (id !== undefined) return id;
      throw new ModelLockError('corrupt', `${where} has no token "${token}"`);
    };
    this.#start = idOf(contentOf(config['bos_token'], '<|startoftext|>'));
    this.#end = idOf(end);
    this.#pad = idOf(pad);
  }

  encode(text: string): Encoding {
    const all = [this.#start, ...this.tokens(text), this.#end];
    const cut =
      all.length > this.maxLength ? [...all.slice(0, this.maxLength - 1), this.#end] : all;
    const ids = [...cut, ...Array<number>(this.maxLength - cut.length).fill(this.#pad)];
    return { ids: int64([1, this.maxLength], ids), length: all.length };
  }

  /**
   * The ids of the text alone, without marks and padding, not cut. The library's own `encode`
   * takes a mark in capitals for the mark, which the official one does not.
   */
  tokens(text: string): number[] {
    return splitAt(text, this.#exactMarks).flatMap((part) =>
      typeof part === 'number' ? [part] : this.#tokensOfPlain(part),
    );
  }

  #tokensOfPlain(text: string): number[] {
    const stages = this.#stages;
    return splitAt(stages.normalize(sigmas(text)), this.#normalizedMarks).flatMap((part) =>
      typeof part === 'number'
        ? [part]
        : // What no byte pair covers is the end mark, CLIP's unknown token.
          stages.tokens(stages.words(part)).map((token) => stages.idOf(token) ?? this.#end),
    );
  }
}

function jsonOf(
  { tokenizer, vocabulary, merges }: TokenizerFiles,
  pad: string,
  where: string,
): FastTokenizer {
  if (tokenizer) {
    if (!Array.isArray(tokenizer.added_tokens)) {
      throw new ModelLockError('corrupt', `${where}: tokenizer.json has no "added_tokens"`);
    }
    for (const { content, id } of tokenizer.added_tokens) requireId(content, id, where);
    return tokenizer;
  }
  if (vocabulary && merges !== undefined) return fastTokenizerJson(vocabulary, merges, pad, where);
  throw new ModelLockError('not-found', `${where} lacks files`, {
    valid: ['tokenizer.json', 'vocab.json and merges.txt'],
  });
}

function lengthOf(maxLength: unknown): number {
  const valid = Number.isInteger(maxLength) && Number(maxLength) >= 3;
  return valid && Number(maxLength) <= longestLength ? Number(maxLength) : usualLength;
}

/** JavaScript lower-cases a sigma at a word's end to another letter; the official library does not. */
const sigmas = (text: string): string => text.replaceAll('\u03a3', '\u03c3');
