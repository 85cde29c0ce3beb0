import { expect, it } from 'vitest';
import { strengthOption } from './options.ts';

it('a strength is above 0 and up to 1', () => {
  const parse = strengthOption().parseArg!;
  expect(parse('1', undefined)).toBe(1);
  expect(parse('1e-3', undefined)).toBe(0.001);
  for (const text of ['0', '', ' ', '1.1', '-1', 'x']) {
    expect(() => parse(text, undefined)).toThrow('Valid: above 0, up to 1.');
  }
});
