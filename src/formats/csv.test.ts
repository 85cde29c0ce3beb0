import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

const fieldsOf = (text: string): (readonly string[])[] =>
  parseCsv(text, 'a.csv').records.map(({ fields }) => fields);

describe('parseCsv', () => {
  it('reads quoted delimiters, quotes and line breaks', () => {
    const table = parseCsv('path,label\r\n"a, b.png","say ""hi"""\r\n"c\nd",e\r\nf,g', 'x');
    expect(table.columns).toEqual(['path', 'label']);
    expect(table.records).toEqual([
      { line: 2, fields: ['a, b.png', 'say "hi"'] },
      { line: 3, fields: ['c\nd', 'e'] },
      { line: 5, fields: ['f', 'g'] },
    ]);
  });

  it('takes the delimiter that the header has most of', () => {
    expect(fieldsOf('path\tlabel\na,b\tc')).toEqual([['a,b', 'c']]);
    expect(fieldsOf('path;label\na,b;c')).toEqual([['a,b', 'c']]);
    expect(fieldsOf('"a;b;c;d",label\n1,2')).toEqual([['1', '2']]);
  });

  it('passes over empty lines, and keeps empty fields', () => {
    expect(fieldsOf('\n\na,b\n\n,\r\r"",x\n\n')).toEqual([
      ['', ''],
      ['', 'x'],
    ]);
  });

  it('reads back whatever was written, with every line break', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', ';', '"', '\n', '\r', '\t', 'é') });
    const row = fc.tuple(field, field);
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom('\n', '\r\n', '\r'), (rows, end) => {
        const quoted = rows.map((r) => r.map((f) => `"${f.replaceAll('"', '""')}"`).join(','));
        expect(fieldsOf(['x,y', ...quoted].join(end))).toEqual(rows);
      }),
    );
  });

  it('refuses what is broken, with its line', () => {
    const refusal = (text: string): unknown => {
      try {
        return parseCsv(text, 'a.csv');
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal('')).toBe('a.csv is empty (valid: a header line)');
    expect(refusal('a,b\n1,2\n1')).toBe('a.csv, line 3: 1 fields where the header names 2');
    expect(refusal('a,b\n1,"2\n3')).toBe('a.csv, line 2: a quote is opened and never closed');
    expect(refusal('a,b\n"1\n"x,2')).toContain('a.csv, line 2: text follows a closing quote');
  });

  it('is linear in the length of the file', () => {
    const start = performance.now();
    expect(fieldsOf(`a,b\n${'x,"y""z"\n'.repeat(200_000)}`)).toHaveLength(200_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
