import { pad, textWidth, truncate } from './text-width.ts';

export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

const gap = '  ';

/**
 * A table in plain text, a line a row, no wider than `width`: where it would be, the first column
 * is shortened.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const hasHeadings = columns.some(({ heading }) => heading !== '');
  const lines = hasHeadings ? [columns.map(({ heading }) => heading), ...rows] : rows;
  const widths = columns.map((_, c) => Math.max(0, ...lines.map((line) => textWidth(line[c]))));
  const whole = widths.reduce((sum, w) => sum + w, 0) + gap.length * (columns.length - 1);
  widths[0] = Math.max(4, widths[0] - Math.max(0, whole - width));
  return lines.map((line) =>
    columns
      .map(({ align }, c) => pad(truncate(line[c], widths[c]), widths[c], align))
      .join(gap)
      .trimEnd(),
  );
}
