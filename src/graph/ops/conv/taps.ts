import type { Value } from '../../value.ts';
import { slice } from '../movement/join-ops.ts';
import { pad } from '../movement/pad.ts';
import { extentOf, type AxisWindow } from '../window.ts';

/** Numbers from 0 on, a step apart. */
export const steps = (count: number, step: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i * step);

/** x with the padding that the windows see. Their axes begin at `first`. */
export function padded(x: Value, windows: readonly AxisWindow[], first: number): Value {
  const pads = windows.map((window, i) => {
    const { length, before, stride, count } = window;
    const end = (count - 1) * stride + extentOf(window);
    return [first + i, [before, Math.max(0, end - length - before)]] as const;
  });
  return pad(x, Object.fromEntries(pads));
}

/**
 * For each tap, row by row, what it sees at all places, of an input padded before. The windows' axes
 * begin at `first`.
 */
export function tapsOf(
  source: Value,
  windows: readonly AxisWindow[],
  first: number,
): readonly Value[] {
  const offsets = windows.reduce<readonly (readonly number[])[]>(
    (prefixes, { kernel }) =>
      prefixes.flatMap((prefix) => steps(kernel, 1).map((k) => [...prefix, k])),
    [[]],
  );
  return offsets.map((tap) =>
    slice(
      source,
      ...windows.map(({ count, stride, dilation }, i) => {
        const start = tap[i] * dilation;
        return { axis: first + i, start, end: start + (count - 1) * stride + 1, step: stride };
      }),
    ),
  );
}
