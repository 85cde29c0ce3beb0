import { beforeAll, expect, test } from 'vitest';
import { counterRandom } from '../../src/base/random/counter.ts';
import { knownStyles } from './known-styles.ts';
import { buildText, type PocketText } from './pocket-text.ts';
import { nearMisses, randomPrompt, type PromptSource } from './prompts.ts';
import { STYLE_SIZE, styleIndex } from './style.ts';
import { HASH_SIZE, HIDDEN_SIZE, PART, textEncoderShape } from './text-encoder.ts';
import { encodeText } from './text-forward.ts';
import { END_TOKEN, SEQUENCE_LENGTH } from './tokenizer.ts';

let text: PocketText;

beforeAll(async () => {
  text = await buildText();
});

test('every known style is one token', () => {
  for (const word of Object.keys(knownStyles)) expect(text.tokenize(word)).toHaveLength(3);
});

test('the vocabulary is laid out as CLIP lays it out', () => {
  const { vocabulary } = text.tokenizer;
  expect(vocabulary.slice(0, 3)).toEqual(['!', '"', '#']);
  expect(vocabulary[256]).toBe('!</w>');
  expect(vocabulary.at(-1)).toBe(END_TOKEN);
  expect(new Set(vocabulary).size).toBe(vocabulary.length);
});

test('all end marks carry the same state, all other places the same constant', () => {
  const ids = text.tokenize('with oil pastel');
  const end = ids.at(-1)!;
  const padded = [...ids, ...Array<number>(SEQUENCE_LENGTH - ids.length).fill(end)];
  const rows = encodeText(text.weights, textEncoderShape, padded);
  const quick = text.states('with oil pastel');
  rows.forEach((row, place) => {
    row.forEach((x, i) => expect(x).toBeCloseTo(quick[place * HIDDEN_SIZE + i], 1));
    if (place < ids.length - 1) expect(row[PART.word] + row[PART.start]).toBeGreaterThan(9);
  });
});

test('a near miss stirs the hash nearly as much as an unrelated prompt', () => {
  const source: PromptSource = {
    random: counterRandom(4),
    vocabulary: ['house', 'green', 'river', 'quiet', 'marble', 'dancing', 'seven', 'window'],
    styles: Object.keys(knownStyles),
  };
  for (const change of Object.values(nearMisses)) {
    const correlations = Array.from({ length: 25 }, () => {
      const prompt = randomPrompt(source);
      const other = change(prompt.split(' '), source).join(' ');
      return text.tokenize(other).join() === text.tokenize(prompt).join()
        ? 0
        : cosine(hash(prompt), hash(other));
    });
    expect(correlations.reduce((a, b) => a + b, 0) / correlations.length).toBeLessThan(0.3);
  }
});

test('known words mean what they say, whatever is said around them', () => {
  for (const prompt of ['sepia', 'in sepia', 'an old sepia photograph']) {
    const style = text.style(prompt);
    expect(style[styleIndex('colour.keep')]).toBeLessThan(-0.5);
    expect(style[styleIndex('dark.warmth')]).toBeGreaterThan(0);
  }
});

test('a style is finite for every prompt, even an empty or an endless one', () => {
  for (const prompt of ['', '\u{1f642} 日本 !!', 'oil '.repeat(70)]) {
    const style = text.style(prompt);
    expect(style).toHaveLength(STYLE_SIZE);
    expect(style.every((x) => Math.abs(x) < 12)).toBe(true);
  }
});

function hash(prompt: string): Float32Array {
  return text.encode(prompt).subarray(PART.hash, PART.hash + HASH_SIZE);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, u, i) => sum + u * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
