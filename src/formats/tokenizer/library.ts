import { Tokenizer } from '@huggingface/tokenizers';
import { ModelLockError, messageOf } from '../../base/error.ts';

/** The stages of a tokenizer, in the order in which a text goes through them. */
export interface TokenizerStages {
  /** Unicode form, white space, case. */
  normalize(text: string): string;
  /** Cuts a normalised text into words. */
  words(text: string): string[];
  /** Cuts words into tokens. */
  tokens(words: readonly string[]): string[];
  idOf(token: string): number | undefined;
  /** One more than the largest id. */
  readonly size: number;
}

/**
 * What is used of the library's Tokenizer. Its own declarations import each other without file
 * extensions, which TypeScript does not resolve for ES modules of Node: they come out as `any`.
 */
interface LibraryTokenizer {
  readonly normalizer: { normalize(text: string): string } | null;
  readonly pre_tokenizer: { pre_tokenize(text: string): string[] } | null;
  readonly model: {
    encode(words: readonly string[]): string[];
    readonly tokens_to_ids: ReadonlyMap<string, number>;
  } | null;
}

/**
 * Opens what a `tokenizer.json` describes.
 *
 * Throws `corrupt` for one that is damaged, `unsupported` for one that lacks a stage.
 */
export function openStages(json: object, config: object, where: string): TokenizerStages {
  const { normalizer, pre_tokenizer: preTokenizer, model } = openTokenizer(json, config, where);
  if (!normalizer || !preTokenizer || !model) {
    throw new ModelLockError(
      'unsupported',
      `${where} does not normalise texts, cut them into words and those into tokens`,
    );
  }
  for (const [token, id] of model.tokens_to_ids) requireId(token, id, where);
  return {
    normalize: (text) => normalizer.normalize(text),
    words: (text) => preTokenizer.pre_tokenize(text),
    tokens: (words) => model.encode(words),
    idOf: (token) => model.tokens_to_ids.get(token),
    size: [...model.tokens_to_ids.values()].reduce((most, id) => Math.max(most, id + 1), 0),
  };
}

/** Throws `corrupt` for a token whose number is none: untrusted files have all kinds of things there. */
export function requireId(token: string, id: unknown, where: string): void {
  if (Number.isSafeInteger(id) && Number(id) >= 0) return;
  throw new ModelLockError(
    'corrupt',
    `${where}: the id of the token "${token}" is no whole number`,
  );
}

function openTokenizer(json: object, config: object, where: string): LibraryTokenizer {
  try {
    return new Tokenizer(json, config) as LibraryTokenizer;
  } catch (error) {
    throw new ModelLockError('corrupt', `${where} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
