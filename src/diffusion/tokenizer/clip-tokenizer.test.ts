import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelLockError, type ErrorCode } from '../../base/error.ts';
import { ClipTokenizer, type TokenizerFiles } from './clip-tokenizer.ts';
import { fastTokenizerJson } from './fast-tokenizer.ts';

/** A vocabulary in CLIP's order: printable ASCII, the same at a word's end, merges, marks. */
const merges = [
  'o i',
  'oi l</w>',
  'p a',
  'pa s',
  't e',
  'te l</w>',
  'pas tel</w>',
  'a n',
  'an d</w>',
];
const letters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
const vocabulary = Object.fromEntries(
  [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merges.map((pair) => pair.replace(' ', '')),
    '<|startoftext|>',
    '<|endoftext|>',
  ].map((token, id) => [token, id]),
);
const [start, end] = [vocabulary['<|startoftext|>'], vocabulary['<|endoftext|>']];
const mergesText = `#version: 0.2\n${merges.join('\n')}\n`;

const slow = (config: TokenizerFiles['config'] = {}): ClipTokenizer =>
  new ClipTokenizer({ vocabulary, merges: mergesText, config });
const ids = (...tokens: string[]): number[] => tokens.map((token) => vocabulary[token]);

describe('tokens', () => {
  test('merges byte pairs in the order of the list', () => {
    expect(slow().tokens('oil pastel')).toEqual(ids('oil</w>', 'pastel</w>'));
    expect(slow().tokens('oils')).toEqual(ids('oi', 'l', 's</w>'));
  });

  test('ignores case and white space', () => {
    expect(slow().tokens('  OIL \n\tPastel ')).toEqual(slow().tokens('oil pastel'));
  });

  test('cuts digits apart and keeps signs together', () => {
    expect(slow().tokens('12&&')).toEqual(ids('1</w>', '2</w>', '&', '&</w>'));
  });

  test('takes what it does not know for the end mark', () => {
    expect(slow().tokens('é')).toContain(end);
  });

  test('finds marks within a text', () => {
    expect(slow().tokens('oil<|endoftext|>and')).toEqual([
      ...ids('oil</w>'),
      end,
      ...ids('and</w>'),
    ]);
  });

  test('takes every "!" for padding where that pads', () => {
    expect(slow({ pad_token: '!' }).tokens('oil!and')).toEqual(ids('oil</w>', '!', 'and</w>'));
    expect(slow().tokens('!')).toEqual(ids('!</w>'));
  });
});

describe('encode', () => {
  test('pads to 77 places with the pad token', () => {
    const padded = (config: TokenizerFiles['config']): number[] =>
      Array.from(slow(config).encode('oil').ids.data, Number);
    expect(padded({})).toEqual([start, ...ids('oil</w>'), ...Array<number>(75).fill(end)]);
    expect(padded({ pad_token: { content: '!' } }).slice(2)).toEqual([
      end,
      ...Array<number>(74).fill(vocabulary['!']),
    ]);
  });

  test('cuts a long text before the end mark and says how long it was', () => {
    const { ids: cut, length } = slow().encode('and '.repeat(100));
    expect(length).toBe(102);
    expect(cut.shape).toEqual([1, 77]);
    expect(Number(cut.data[75])).toBe(vocabulary['and</w>']);
    expect(Number(cut.data[76])).toBe(end);
  });

  test('takes the length from the configuration, unless it is absurd', () => {
    expect(slow({ model_max_length: 16 }).encode('oil').ids.shape).toEqual([1, 16]);
    expect(slow({ model_max_length: 1e30 }).maxLength).toBe(77);
    expect(slow({ model_max_length: -1 }).maxLength).toBe(77);
  });

  test('gives one result whatever the text', () => {
    const tokenizer = slow();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => {
        const { ids: encoded, length } = tokenizer.encode(text);
        expect(encoded.data.length).toBe(77);
        expect(Number(encoded.data[0])).toBe(start);
        expect(Number(encoded.data[Math.min(length, 77) - 1])).toBe(end);
        expect(length).toBe(tokenizer.tokens(text).length + 2);
      }),
    );
  });
});

test('tokenizer.json gives what vocab.json and merges.txt give', () => {
  const fast = new ClipTokenizer({
    tokenizer: fastTokenizerJson(vocabulary, mergesText, '<|endoftext|>', 'a test'),
    config: {},
  });
  const tokenizer = slow();
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      expect(fast.tokens(text)).toEqual(tokenizer.tokens(text));
    }),
  );
});

test('files with Windows line ends are the same files', () => {
  const windows = new ClipTokenizer({
    vocabulary,
    merges: mergesText.replaceAll('\n', '\r\n'),
    config: {},
  });
  expect(windows.tokens('oil pastel')).toEqual(slow().tokens('oil pastel'));
});

describe('refuses', () => {
  const codeOf = (files: Partial<TokenizerFiles>): ErrorCode | undefined => {
    try {
      return void new ClipTokenizer({ config: {}, ...files }, 'folder');
    } catch (error) {
      expect(error).toBeInstanceOf(ModelLockError);
      expect((error as ModelLockError).message).toContain('folder');
      return (error as ModelLockError).code;
    }
  };

  test('missing files', () => {
    expect(codeOf({})).toBe('not-found');
    expect(codeOf({ vocabulary })).toBe('not-found');
  });

  test('a vocabulary without the marks', () => {
    expect(codeOf({ vocabulary: { a: 0 }, merges: '' })).toBe('corrupt');
    expect(codeOf({ vocabulary, merges: '', config: { pad_token: 'none' } })).toBe('corrupt');
  });

  test('ids that are no whole numbers, and merges that are no pairs', () => {
    const strange = { ...vocabulary, a: '1' as never };
    expect(codeOf({ vocabulary: strange, merges: mergesText })).toBe('corrupt');
    expect(codeOf({ vocabulary: { ...vocabulary, a: 1.5 }, merges: mergesText })).toBe('corrupt');
    expect(codeOf({ vocabulary, merges: 'a b c\n' })).toBe('corrupt');
    const json = fastTokenizerJson(vocabulary, mergesText, '<|endoftext|>', 'a test');
    const marks = [{ ...json.added_tokens[0], id: -1 }];
    expect(codeOf({ tokenizer: { ...json, added_tokens: marks } })).toBe('corrupt');
  });

  test('a tokenizer.json that is none', () => {
    expect(codeOf({ tokenizer: {} as never })).toBe('corrupt');
    expect(codeOf({ tokenizer: { added_tokens: [], model: { type: 'X' } } as never })).toBe(
      'corrupt',
    );
  });

  test('a tokenizer of another kind', () => {
    const json = fastTokenizerJson(vocabulary, mergesText, '<|endoftext|>', 'a test');
    expect(codeOf({ tokenizer: { ...json, normalizer: null } as never })).toBe('unsupported');
  });
});
