import { expect, it } from 'vitest';
import type { Measures } from '../tasks/tally.ts';
import { compared, measuresWith, positiveClass } from './measures.ts';

const at = (value: number): { value: number; low: number; high: number } => ({
  value,
  low: value,
  high: value,
});

it('the positive class is the second of two, or the one that is named', () => {
  expect(positiveClass(['healthy', 'ill'])).toBe(1);
  expect(positiveClass(['healthy', 'ill'], 'healthy')).toBe(0);
  expect(positiveClass(['a', 'b', 'c'])).toBeUndefined();
  expect(positiveClass(['a', 'b', 'kyste\u0301'], 'kyst\u00e9')).toBe(2);
  expect(() => positiveClass(['a', 'b'], 'c')).toThrow('there is no class "c" (valid: a, b)');
});

it('its measures stand behind those of all', () => {
  const measures: Measures = {
    overall: { 'macro F1': at(0.5) },
    perClass: [{ sensitivity: at(0.1) }, { sensitivity: at(0.2) }],
  };
  expect(measuresWith(measures, undefined)).toEqual(measures.overall);
  expect(measuresWith(measures, 1)).toEqual({ 'macro F1': at(0.5), sensitivity: at(0.2) });
});

it('what was not measured is null', () => {
  const lp: Measures = { overall: { a: at(0.1), b: at(0.2) }, perClass: [] };
  const up: Measures = { overall: { a: at(0.9) }, perClass: [] };
  expect(compared({ baseline: undefined, lp, up }, ({ overall }) => overall)).toEqual([
    { name: 'a', baseline: null, lp: at(0.1), up: at(0.9) },
    { name: 'b', baseline: null, lp: at(0.2), up: null },
  ]);
  expect(compared({ baseline: undefined, lp, up }, ({ perClass }) => perClass.at(3))).toEqual([]);
});
