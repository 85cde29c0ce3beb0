import { expect, it, test } from 'vitest';
import { readKey } from './read-key.ts';

const prompt = 'with oil pastel';
const file = { text: `{"prompt": "${prompt}", "secret": "${'0a'.repeat(16)}"}`, path: 'my.key' };

it.each([
  [{ file, environment: 'other' }, { prompt, secret: new Uint8Array(16).fill(10) }, 'file', false],
  [{ argument: ` ${prompt} `, environment: 'other' }, { prompt }, 'argument', true],
  [{ environment: `${prompt}\n` }, { prompt }, 'environment', false],
] as const)('of %j the key is %j', (sources, key, source, exposed) => {
  expect(readKey(sources)).toEqual({ key, source, exposed });
});

test('without a source there is no key', () => {
  expect(readKey({})).toBeUndefined();
});

test('an empty key is refused wherever it comes from', () => {
  for (const sources of [{ argument: ' ' }, { environment: '' }, { file: { ...file, text: '' } }]) {
    expect(() => readKey(sources)).toThrow('the key is empty');
  }
});

test('a file and an argument together are refused, and neither is repeated', () => {
  const read = (): unknown => readKey({ file, argument: 'secret words' });
  expect(read).toThrow('given twice');
  expect(read).not.toThrow(/secret words|pastel/);
});

test('a key file may begin with a byte order mark', () => {
  const marked = { ...file, text: `\uFEFF${file.text}` };
  expect(readKey({ file: marked })?.key.prompt).toBe(prompt);
});
