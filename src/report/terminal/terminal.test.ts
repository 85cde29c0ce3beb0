import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleDocument } from '../testing/sample.ts';
import { bar } from './bar.ts';
import { table } from './table.ts';
import { evaluationText, perClassText } from './terminal.ts';
import { pad, plain, textWidth, truncate, wrap } from './text-width.ts';

const sixty = { width: 60, colour: false };

describe('an evaluation in the terminal', () => {
  test('has story, scores, decoders and diagnosis', () => {
    const text = evaluationText(sampleDocument(), { width: 80, colour: false });
    expect(text).toContain('The lock holds.');
    expect(text).toMatch(/With the key +81\.7 % {2}\(79\.2 – 84\.0\) +█+/);
    expect(text).toMatch(/“under heavy snow” +9\.4 %/);
    expect(text).toMatch(/Logistic regression +12\.6 %/);
    expect(text).toContain('Diagnosis: healthy');
  });

  test('is no wider than the terminal', () => {
    const documents = [sampleDocument(), sampleDocument({ lp: 0.5, up: 0.4 })];
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 200 }),
        fc.constantFrom(...documents),
        (width, document) => {
          const text = evaluationText(document, { width, colour: false });
          for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('has colours only when asked for, and they change nothing else', () => {
    const escapes = new RegExp(String.raw`\u001b\[[0-9;]*m`, 'g');
    const plainly = evaluationText(sampleDocument(), { width: 90, colour: false });
    const coloured = evaluationText(sampleDocument(), { width: 90, colour: true });
    expect(plainly).not.toMatch(escapes);
    expect(coloured).toMatch(escapes);
    expect(coloured.replaceAll(escapes, '')).toBe(plainly);
  });

  test('names a near miss by its kind of change alone', () => {
    const document = sampleDocument();
    // As no schema lets through, and a program might hand over all the same.
    const decoys = document.decoys.map((decoy) =>
      decoy.change === 'typo' ? { ...decoy, prompt: 'with oil pastles' } : decoy,
    );
    const text = evaluationText({ ...document, decoys }, sixty);
    expect(text).toMatch(/^ +Typo +40\.2 %/im);
    expect(text).not.toContain('pastles');
  });

  test('does not obey the names of folders', () => {
    const label = '\u001b[2Jcat\u202e';
    const document = sampleDocument({ perClass: [{ label, n: 3, lp: 0.1, up: null }] });
    expect(perClassText(document, sixty)).toContain('\ufffd[2Jcat\ufffd');
    const decoy = { kind: 'unrelated', change: null, prompt: label, value: 0.1, n: 9 } as const;
    expect(evaluationText(sampleDocument({ decoys: [decoy] }), sixty)).not.toContain('\u001b');
  });

  test('gives each class a line', () => {
    expect(perClassText(sampleDocument(), sixty).trimEnd().split('\n')).toEqual([
      'class      images  without the key  with the key',
      'bullfrog      500           12.0 %        79.0 %',
      'trilobite     500           10.0 %        84.0 %',
    ]);
  });
});

describe('text in columns', () => {
  test('wide and combined characters count as they are shown', () => {
    expect(textWidth('日本')).toBe(4);
    expect(textWidth('e\u0301a')).toBe(2);
    expect(truncate('日本語', 5)).toBe('日本…');
    expect(pad('日本', 6, 'right')).toBe('  日本');
  });

  test('truncated text fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
        const shown = plain(text);
        expect(textWidth(truncate(shown, width))).toBeLessThanOrEqual(width);
        if (textWidth(shown) <= width) expect(truncate(shown, width)).toBe(shown);
      }),
    );
  });

  test('wrapping loses nothing', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, fc.integer({ min: 9, max: 60 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('a table that is too wide shortens its first column', () => {
    const rows = [['a very long name of a class', '12.0 %']];
    expect(table([{ heading: 'class' }, { heading: 'lp' }], rows, 20)).toEqual([
      'class         lp',
      'a very long…  12.0 %',
    ]);
  });

  test('bars are in eighths of a column', () => {
    expect(bar(0, 8)).toBe('');
    expect(bar(1, 8)).toBe('████████');
    expect(bar(0.5 + 3 / 64, 8)).toBe('████▍');
    expect(bar(7, 2)).toBe('██');
  });
});
