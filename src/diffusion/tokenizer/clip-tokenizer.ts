import { Tokenizer } from '@huggingface/tokenizers';
import { int64, type Tensor } from '../../tensor/tensor.ts';
import { fastTokenizerJson, type FastTokenizer } from './fast-tokenizer.ts';

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

/** CLIP's tokenizer: lower-cased byte pairs between two marks, always of the same length. */
export class ClipTokenizer {
  /** Places of a text, both marks counted: 77. */
  readonly maxLength: number;
  readonly #tokenizer: Tokenizer;
  readonly #marks: FastTokenizer['added_tokens'];
  readonly #start: number;
  readonly #end: number;
  readonly #pad: number;

  constructor(files: TokenizerFiles) {
    const { tokenizer, vocabulary, merges, config } = files;
    const pad = contentOf(config['pad_token']);
    const json = tokenizer ?? fastTokenizerJson(vocabulary ?? {}, merges ?? '', pad);
    this.#tokenizer = new Tokenizer(json, config);
    this.#marks = json.added_tokens;
    this.maxLength = Number(config['model_max_length'] ?? 77);
    this.#start = this.#tokenizer.token_to_id(contentOf(config['bos_token'], '<|startoftext|>'))!;
    this.#end = this.#tokenizer.token_to_id(contentOf(config['eos_token']))!;
    this.#pad = this.#tokenizer.token_to_id(pad) ?? this.#end;
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
    const { normalizer, pre_tokenizer: words, model } = this.#tokenizer;
    const exact = this.#marks.filter((mark) => !mark.normalized);
    const lowered = this.#marks.filter((mark) => mark.normalized);
    return splitAt(text, exact).flatMap((part) =>
      typeof part === 'number'
        ? [part]
        : splitAt(normalizer!.normalize(sigmas(part)), lowered).flatMap((piece) =>
            typeof piece === 'number'
              ? [piece]
              : model!
                  .encode(words!.pre_tokenize(piece))
                  .map((token: string) => model!.tokens_to_ids.get(token) ?? this.#end),
          ),
    );
  }
}

/** JavaScript lower-cases a sigma at a word's end to another letter; the official library does not. */
const sigmas = (text: string): string => text.replaceAll('\u03a3', '\u03c3');

/** A text cut at every mark: what is between them, and the marks' ids. */
function splitAt(
  text: string,
  marks: readonly { readonly id: number; readonly content: string }[],
): (string | number)[] {
  return marks
    .reduce<(string | number)[]>(
      (parts, { id, content }) =>
        parts.flatMap((part) =>
          typeof part === 'number'
            ? [part]
            : part.split(content).flatMap((piece, i) => (i === 0 ? [piece] : [id, piece])),
        ),
      [text],
    )
    .filter((part) => part !== '');
}

/** A mark as a configuration has it: its text, or an object with it. */
function contentOf(token: unknown, otherwise = '<|endoftext|>'): string {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | undefined)?.content;
  return typeof content === 'string' ? content : otherwise;
}
