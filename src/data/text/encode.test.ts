import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutNotice, encodeTexts, type TextEncoder } from './encode.ts';

/** A token a letter, between 1 and 2. */
const letters: TextEncoder = {
  encode: (text, length = Infinity) => [
    1,
    ...Array.from(text)
      .slice(0, length - 2)
      .map(() => 7),
    2,
  ],
};

it('cuts as the encoder does, and counts what it cut', () => {
  expect(encodeTexts(letters, ['', 'ab', 'abc', 'abcdef'], 4)).toEqual({
    ids: [
      [1, 2],
      [1, 7, 7, 2],
      [1, 7, 7, 2],
      [1, 7, 7, 2],
    ],
    cut: 2,
  });
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 2, max: 20 }), (text, most) => {
      const { ids, cut } = encodeTexts(letters, [text], most);
      expect(ids).toEqual([letters.encode(text, most)]);
      expect(cut).toBe(Number(Array.from(text).length + 2 > most));
    }),
  );
});

it('says so in a sentence', () => {
  const said = (texts: readonly string[]): string | undefined =>
    cutNotice(encodeTexts(letters, texts, 4), 4, 'test texts');
  expect(said(['a', 'abcd'])).toBe('1 of the 2 test texts is longer than 4 tokens, and cut there');
  expect(said(['abcd', 'abcd'])).toMatch(/^2 of the 2 test texts are longer/);
  expect(said(['a'])).toBeUndefined();
});
