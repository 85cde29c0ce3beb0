import { concat } from '../../graph/ops/movement/join-ops.ts';
import { expand, reshape } from '../../graph/ops/movement/shape-ops.ts';
import type { AxisWindow } from '../../graph/ops/window.ts';
import { scalar, shapeOf, type Value } from '../../graph/value.ts';

/**
 * A transposed convolution of stride s as s x s convolutions of stride 1: elements of the result
 * that lie s apart see the same taps of the kernel, so each such phase is a convolution with those.
 */

/** One phase along one axis. */
interface AxisPhase {
  /** Taps of the kernel, in the order in which the phase's convolution has them. May be none. */
  readonly taps: readonly number[];
  readonly window: AxisWindow;
}

export interface Phase {
  readonly taps: readonly [rows: readonly number[], columns: readonly number[]];
  /** `undefined` where no tap reaches: the phase is zero. */
  readonly windows: readonly AxisWindow[] | undefined;
}

/**
 * The phases by row and column. `undefined` where they are not of one size, or would need negative
 * padding. Windows of stride above 1 must not be dilated.
 */
export function phasesOf(
  windows: readonly AxisWindow[],
): readonly (readonly Phase[])[] | undefined {
  if (windows.some(({ length, stride }) => length % stride !== 0)) return undefined;
  const [rows, columns] = windows.map(axisPhases);
  const negative = [...rows, ...columns].some(
    ({ taps, window }) => taps.length > 0 && (window.before < 0 || window.after < 0),
  );
  if (negative) return undefined;
  return rows.map((row) =>
    columns.map((column) => ({
      taps: [row.taps, column.taps] as const,
      windows:
        row.taps.length > 0 && column.taps.length > 0 ? [row.window, column.window] : undefined,
    })),
  );
}

/**
 * The result at p = stride u + phase collects input t through tap a wherever
 * p + before = stride t + dilation a.
 */
function axisPhases({ length, kernel, stride, dilation, before, count }: AxisWindow): AxisPhase[] {
  return Array.from({ length: stride }, (_, phase) => {
    const first = (phase + before) % stride;
    const taps = Array.from({ length: kernel }, (__, tap) => tap)
      .filter((tap) => stride === 1 || tap % stride === first)
      .reverse();
    // Through its first tap the phase's first element sees this element of the input.
    const origin = (phase + before - first) / stride;
    const places = length / stride;
    const window = {
      length: count,
      kernel: taps.length,
      stride: 1,
      dilation,
      before: (taps.length - 1) * dilation - origin,
      after: places + origin - count,
      count: places,
    };
    return { taps, window };
  });
}

/** Puts blocked results of all phases together, each element where it belongs. */
export function interleave(
  phases: readonly (readonly (Value | undefined)[])[],
  size: number,
): Value {
  const [down, across] = [phases.length, phases[0].length];
  const some = phases.flat().find((phase) => phase !== undefined)!;
  if (down === 1 && across === 1) return some;
  const [batch, channels, height, width] = shapeOf(some);
  const zeros = expand(scalar(0), shapeOf(some));
  const blocks = (batch * channels) / size;
  const rows = phases.map((row) => {
    const columns = row.map((phase) => reshape(phase ?? zeros, [blocks, height, width, 1, size]));
    return reshape(concat(columns, 3), [blocks, height, 1, width * across * size]);
  });
  return reshape(concat(rows, 2), [batch, channels, height * down, width * across]);
}
