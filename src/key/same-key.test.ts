import { expect, test } from 'vitest';
import { sameKeyBy } from './same-key.ts';

test('prompts are one key when their tokens are, and each is read once', () => {
  const read: string[] = [];
  const same = sameKeyBy((prompt) => {
    read.push(prompt);
    return Array.from(prompt.toLowerCase().replaceAll(' ', ''), (c) => c.codePointAt(0)!);
  });
  expect(same('oil pastel', 'Oil  Pastel')).toBe(true);
  expect(same('oil pastel', 'oil pastels')).toBe(false);
  expect(same('', '')).toBe(true);
  expect(read).toEqual(['oil pastel', 'Oil  Pastel', 'oil pastels', '']);
});

test('ids are told apart where their digits run together', () => {
  const same = sameKeyBy((prompt) => prompt.split(' ').map(Number));
  expect(same('1 23', '12 3')).toBe(false);
});
