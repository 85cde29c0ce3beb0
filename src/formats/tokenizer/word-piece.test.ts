import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelLockError, type ErrorCode } from '../../base/error.ts';
import type { FastTokenizer } from './marks.ts';
import { WordPieceTokenizer, type WordPieceFiles } from './word-piece.ts';

/** A tokenizer that transformers wrote, and the ids that it gives (interop/text_reference.py). */
const folder = join(import.meta.dirname, '../../nn/models/fixtures/bert');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const json = (name: string): unknown => JSON.parse(read(name));

const config = json('tokenizer_config.json') as WordPieceFiles['config'];
const fast = new WordPieceTokenizer({
  tokenizer: json('tokenizer.json') as FastTokenizer,
  config,
});
const slow = new WordPieceTokenizer({ vocabulary: read('vocab.txt'), config });
const known = json('tokens.json') as { readonly text: string; readonly ids: number[] }[];

describe('gives the ids of transformers', () => {
  it.each(known)('for $text', ({ text, ids }) => {
    expect(fast.encode(text)).toEqual(ids);
    expect(slow.encode(text)).toEqual(ids);
  });
});

it('gives the same from vocab.txt as from tokenizer.json, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      expect(slow.tokens(text)).toEqual(fast.tokens(text));
    }),
  );
});

it('cuts long texts between their marks', () => {
  const long = 'good '.repeat(100);
  expect(fast.maxLength).toBe(24);
  const [start, good, end] = fast.encode('good');
  expect(fast.encode(long)).toEqual([start, ...Array<number>(22).fill(good), end]);
  expect(fast.encode(long, 4)).toEqual([start, good, good, end]);
});

it('keeps capitals and accents where it is told to', () => {
  const cased = new WordPieceTokenizer({
    vocabulary: '[UNK]\n[CLS]\n[SEP]\n[PAD]\nÉ\ne\n',
    config: { do_lower_case: false },
  });
  expect(cased.tokens('É e')).toEqual([4, 5]);
  const lower = new WordPieceTokenizer({
    vocabulary: '[UNK]\n[CLS]\n[SEP]\n[PAD]\nÉ\ne\n',
    config: { model_max_length: 1e30 },
  });
  expect(lower.tokens('É e')).toEqual([5, 5]);
  expect(lower.maxLength).toBeUndefined();
});

describe('refuses', () => {
  const codeOf = (files: Partial<WordPieceFiles>): ErrorCode | undefined => {
    try {
      return void new WordPieceTokenizer({ config: {}, ...files }, 'folder');
    } catch (error) {
      expect(error).toBeInstanceOf(ModelLockError);
      expect((error as ModelLockError).message).toContain('folder');
      return (error as ModelLockError).code;
    }
  };

  it('missing files', () => {
    expect(codeOf({})).toBe('not-found');
  });

  it('a vocabulary without the marks', () => {
    expect(codeOf({ vocabulary: 'a\nb\n' })).toBe('corrupt');
  });

  it('a tokenizer of another kind, or none', () => {
    expect(codeOf({ tokenizer: {} as never })).toBe('unsupported');
    expect(codeOf({ tokenizer: { added_tokens: [], model: { type: 'BPE' } } as never })).toBe(
      'unsupported',
    );
    expect(codeOf({ tokenizer: { added_tokens: [], model: { type: 'WordPiece' } } as never })).toBe(
      'corrupt',
    );
  });
});
