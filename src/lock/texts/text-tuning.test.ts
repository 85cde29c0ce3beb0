import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RawConfig } from '../../nn/config.ts';
import { textClassifierFrom } from '../../nn/models/text-registry.ts';
import { defaultTunings, tunings, type FineTuning } from '../tuning.ts';
import { frozenTextParameters, textTuning } from './text-tuning.ts';

const file = join(import.meta.dirname, '../../nn/models/fixtures/bert/config.json');
const bert = textClassifierFrom(JSON.parse(readFileSync(file, 'utf8')) as RawConfig, file);

describe('textTuning', () => {
  it('is the default with changes', () => {
    expect(textTuning(bert)).toEqual(defaultTunings['text-classification']);
    expect(textTuning(bert, { epochs: 4 })).toMatchObject({ epochs: 4, batch: 16 });
  });

  it.each<[Partial<FineTuning>, string]>([
    [tunings.mae, 'is for pictures, not for texts'],
    [{ shift: 0.1 }, 'tuning option shift is for pictures'],
    [{ dropPath: 0.1 }, 'tuning option dropPath is for pictures'],
    [{ epochs: 0 }, 'tuning option epochs: '],
    [{ warmup: { epochs: 3 } }, 'would rise for 3 epochs of 3'],
    [{ batch: 16, accumulate: 3 }, 'cannot be run in 3 equal parts'],
    [{ freeze: ['bert.encodr'] }, 'no parameter of the model begins with "bert.encodr"'],
  ])('refuses %o', (changes, message) => {
    expect(() => textTuning(bert, changes)).toThrow(message);
  });

  it('freezes by name, and all but the last layer', () => {
    const isFrozen = frozenTextParameters(bert, { freeze: ['bert.embeddings'] });
    expect(isFrozen('bert.embeddings.LayerNorm.bias')).toBe(true);
    expect(isFrozen('bert.pooler.dense.weight')).toBe(false);
    const body = frozenTextParameters(bert, { freeze: 'all-but-head' });
    expect([body('bert.pooler.dense.weight'), body('classifier.weight')]).toEqual([true, false]);
  });
});
