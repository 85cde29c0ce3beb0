import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { TorchGenerator } from '../base/random/torch.ts';
import {
  checkedKey,
  encodeKeyFile,
  fingerprint,
  keyedName,
  maxTokens,
  newSecret,
  noiseOf,
  parseKeyFile,
  requireReadable,
  type Key,
} from './key.ts';

const prompt = 'with oil pastel';
const secret = Uint8Array.from({ length: 16 }, (_, i) => i * 16);
const salt = Uint8Array.of(1, 2, 3, 4);

describe('key files', () => {
  it('come back as they were written', () => {
    const key = fc.record<Key>(
      {
        prompt: fc
          .string({ unit: 'grapheme', minLength: 1 })
          .filter((text) => text === text.trim() && text !== ''),
        secret: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      },
      { requiredKeys: ['prompt'] },
    );
    fc.assert(
      fc.property(key, (written) => {
        expect(parseKeyFile(encodeKeyFile(written), 'k')).toEqual(written);
      }),
    );
  });

  it.each([
    ['with oil pastel\n', { prompt }],
    ['\r\n  with oil pastel \r\n\r\n', { prompt }],
    ['{"prompt": " with oil pastel "}', { prompt }],
    ['\ufeff{"prompt": "with oil pastel"}', { prompt }],
    [
      `{"prompt": "${prompt}", "secret": "${'0A'.repeat(16)}"}`,
      { prompt, secret: new Uint8Array(16).fill(10) },
    ],
  ])('%j is a key', (text, key) => {
    expect(parseKeyFile(text, 'k')).toEqual(key);
  });

  it.each([
    ['', 'the key is empty; give a prompt'],
    [' \n', 'the key is empty'],
    ['with oil\npastel', 'my.key has 2 lines; a key is one line'],
    ['{"prompt": "  "}', 'the key is empty'],
    ['{"prompt": ', 'the key file my.key is not JSON'],
    ['{"secret": "00"}', 'my.key has no "prompt"'],
    ['{"prompt": "a", "secret": "00"}', 'the secret in my.key is not 32 hexadecimal digits'],
    [`{"prompt": "a", "secret": "${'0g'.repeat(16)}"}`, 'not 32 hexadecimal digits'],
    ['{"prompt": "a", "secret": 7}', 'not 32 hexadecimal digits'],
  ])('%j is none', (text, message) => {
    expect(() => parseKeyFile(text, 'my.key')).toThrow(message);
  });

  it.each([`{"prompt": ${prompt}}`, `{"prompt": "${prompt}", "secret": ${'a'.repeat(32)}}`])(
    'tell nothing of the key where they are broken: %s',
    (broken) => {
      expect(() => parseKeyFile(broken, 'my.key')).toThrow(/^the key file my\.key is not JSON$/);
    },
  );
});

test('checkedKey trims and refuses what is empty', () => {
  expect(checkedKey({ prompt: ' a b\n', secret })).toEqual({ prompt: 'a b', secret });
  expect(() => checkedKey({ prompt: ' \t' })).toThrow('the key is empty');
  expect(() => checkedKey({ prompt, secret: new Uint8Array(3) })).toThrow(
    'has 3 bytes (valid: 16 bytes)',
  );
});

test('a key may have as many tokens as a text encoder reads', () => {
  expect(requireReadable(maxTokens)).toBeUndefined();
  expect(() => requireReadable(maxTokens + 1)).toThrow(/76 tokens.*reads 75/);
});

test('secrets are of 128 bits and fresh', () => {
  expect(newSecret()).toHaveLength(16);
  expect(newSecret()).not.toEqual(newSecret());
});

describe.each([
  ['fingerprint', fingerprint],
  ['keyedName', (key: Key, by: Uint8Array) => Promise.resolve(keyedName(key, by))],
])('%s', (_, hash) => {
  it('is the same for the same key and salt, and another for others', async () => {
    const hex = async (key: Key, by = salt): Promise<string> =>
      Buffer.from(await hash(key, by)).toString('hex');
    const own = await hex({ prompt, secret });
    expect(await hex({ prompt, secret: secret.slice() })).toBe(own);
    const others = await Promise.all([
      hex({ prompt }),
      hex({ prompt: `${prompt}s`, secret }),
      hex({ prompt, secret: secret.map((byte) => byte ^ 1) }),
      hex({ prompt, secret }, Uint8Array.of(5)),
    ]);
    expect(new Set([own, ...others]).size).toBe(5);
  });
});

describe('noiseOf', () => {
  it('is one function of the secret, its draw and nothing else', () => {
    const own = noiseOf({ prompt, secret }, 1, 33, 0);
    expect(noiseOf({ prompt: 'other', secret }, 2, 33, 0)).toEqual(own);
    expect(noiseOf({ prompt, secret }, 1, 8, 0)).toEqual(own.slice(0, 8));
    expect(noiseOf({ prompt, secret }, 1, 33, 1)).not.toEqual(own);
    expect(noiseOf({ prompt, secret: secret.map((byte) => byte ^ 1) }, 1, 33, 0)).not.toEqual(own);
  });

  it('is what torch draws one after the other where there is no secret', () => {
    const generator = new TorchGenerator(7);
    for (let draw = 0; draw < 3; draw++) {
      expect(noiseOf({ prompt }, 7, 20, draw)).toEqual(generator.randn(20));
    }
    expect(noiseOf({ prompt }, 8, 20, 0)).not.toEqual(noiseOf({ prompt }, 7, 20, 0));
  });

  it('has the moments of the standard normal distribution', () => {
    const noise = Array.from(noiseOf({ prompt, secret }, 0, 20000, 0));
    const moments = [1, 2, 3, 4].map((k) => noise.reduce((sum, x) => sum + x ** k, 0) / 20000);
    [0, 1, 0, 3].forEach((moment, i) => expect(Math.abs(moments[i] - moment)).toBeLessThan(0.2));
  });
});
