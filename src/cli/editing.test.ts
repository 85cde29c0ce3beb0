import { Command } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { editOf, editSizeOption, oldEditSizeOption, strengthOption } from './editing.ts';

it('a strength is above 0 and up to 1', () => {
  const parse = strengthOption().parseArg!;
  expect(parse('1', undefined)).toBe(1);
  expect(parse('1e-3', undefined)).toBe(0.001);
  for (const text of ['0', '', ' ', '1.1', '-1', 'x']) {
    expect(() => parse(text, undefined)).toThrow('Valid: above 0, up to 1.');
  }
});

it.each([
  [['--edit-size', '24'], 24],
  [['--size', '24'], 24],
  [['--size', '24', '--edit-size', '32'], 32],
])('%j: edited at %d', (words, size) => {
  const verb = new Command().addOption(editSizeOption()).addOption(oldEditSizeOption());
  expect(editOf(verb.parse(words, { from: 'user' }).opts())).toEqual({ size });
});
