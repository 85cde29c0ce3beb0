import { ModelLockError } from '../base/error.ts';

/** One record of a table. */
export interface CsvRecord {
  /** Of its first character in the file, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A table whose first record names its columns; every other has as many fields. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly records: readonly CsvRecord[];
}

const delimiters = ['\t', ',', ';'] as const;
type Delimiter = (typeof delimiters)[number];

/**
 * Comma-, tab- or semicolon-separated values with a header, as RFC 4180 has them: fields in double
 * quotes may hold delimiters, line breaks and doubled quotes. Lines end with CRLF, LF or CR; empty
 * lines are passed over. The delimiter is the one that the header has most of.
 * Throws `data`, naming `where` and the line.
 */
export function parseCsv(text: string, where: string): CsvTable {
  const [header, ...records] = recordsOf(text, delimiterOf(text), where);
  if (!header) throw new ModelLockError('data', `${where} is empty`, { valid: ['a header line'] });
  const columns = header.fields.map((name) => name.trim());
  for (const { line, fields } of records) {
    if (fields.length === columns.length) continue;
    throw new ModelLockError(
      'data',
      `${where}, line ${line}: ${fields.length} fields where the header names ${columns.length}`,
    );
  }
  return { columns, records };
}

function delimiterOf(text: string): Delimiter {
  // Counted in the first line without what is quoted.
  const [header] = text
    .slice(0, 1 << 16)
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split(/\r|\n/, 1);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best), ',');
}

function recordsOf(text: string, delimiter: Delimiter, where: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const cursor: Cursor = { text, delimiter, where, place: 0, line: 1 };
  while (cursor.place < text.length) {
    const { line } = cursor;
    const fields = nextRecord(cursor);
    if (fields.length > 1 || fields[0] !== '') records.push({ line, fields });
  }
  return records;
}

interface Cursor {
  readonly text: string;
  readonly delimiter: Delimiter;
  readonly where: string;
  place: number;
  line: number;
}

/** The fields up to the end of a line or of the text, and the cursor behind it. */
function nextRecord(cursor: Cursor): string[] {
  const { text, delimiter } = cursor;
  const fields: string[] = [];
  for (;;) {
    fields.push(text[cursor.place] === '"' ? quotedField(cursor) : plainField(cursor));
    if (text[cursor.place] === delimiter) cursor.place++;
    else break;
  }
  if (cursor.place < text.length) {
    cursor.place += text.startsWith('\r\n', cursor.place) ? 2 : 1;
    cursor.line++;
  }
  return fields;
}

/** Up to the next delimiter or line break. */
function plainField(cursor: Cursor): string {
  const { text, delimiter } = cursor;
  const start = cursor.place;
  let end = start;
  while (end < text.length && !isEnd(text[end], delimiter)) end++;
  cursor.place = end;
  return text.slice(start, end);
}

const isEnd = (c: string, delimiter: Delimiter): boolean =>
  c === delimiter || c === '\n' || c === '\r';

/** What is between quotes, doubled ones read as one. */
function quotedField(cursor: Cursor): string {
  const { text, delimiter, where, line } = cursor;
  const start = cursor.place + 1;
  let end = text.indexOf('"', start);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) {
    throw new ModelLockError('data', `${where}, line ${line}: a quote is opened and never closed`);
  }
  cursor.place = end + 1;
  if (cursor.place < text.length && !isEnd(text[cursor.place], delimiter)) {
    throw new ModelLockError('data', `${where}, line ${line}: text follows a closing quote`, {
      valid: ['a quote within quotes is written twice'],
    });
  }
  const field = text.slice(start, end);
  cursor.line += field.split(/\r\n|\r|\n/).length - 1;
  return field.replaceAll('""', '"');
}
