import { expect, test } from 'vitest';
import { tuningNamed, tunings } from './tuning.ts';

test.each(['default', 'mae'] as const)('%s is found by its name', (name) => {
  expect(tuningNamed(name)).toBe(tunings[name]);
});

test.each(['meh', '', 'constructor'])('the tunings are listed for "%s"', (name) => {
  expect(() => tuningNamed(name)).toThrow(`no tuning is called "${name}" (valid: default, mae)`);
});
