import { ModelLockError } from '../base/error.ts';
import type { Estimate } from '../metrics/intervals.ts';
import type { Measures, NamedEstimates } from '../tasks/tally.ts';

/**
 * The class whose own measures stand beside those of all: the one that is named, else the second of
 * two. Throws `usage` for a name that no class has.
 */
export function positiveClass(labels: readonly string[], name?: string): number | undefined {
  if (name === undefined) return labels.length === 2 ? 1 : undefined;
  const place = labels.findIndex((label) => label.normalize('NFC') === name.normalize('NFC'));
  if (place >= 0) return place;
  throw new ModelLockError('usage', `there is no class "${name}"`, { valid: labels });
}

/** The measures of all classes, and those of the positive one against the rest. */
export const measuresWith = (
  { overall, perClass }: Measures,
  positive: number | undefined,
): NamedEstimates => ({
  ...overall,
  ...(positive === undefined ? {} : perClass[positive]),
});

/** One measure of a locked model, beside that of a model without a lock. */
export interface ComparedMeasure {
  readonly name: string;
  readonly baseline: Estimate | null;
  readonly lp: Estimate;
  readonly up: Estimate | null;
}

/** What was measured without the key, and what may have been beside it, measure by measure. */
export function compared(
  measured: {
    readonly baseline: Measures | undefined;
    readonly lp: Measures;
    readonly up: Measures | undefined;
  },
  of: (measures: Measures) => NamedEstimates | undefined,
): ComparedMeasure[] {
  const { baseline, up } = measured;
  const named = (measures: Measures | undefined, name: string): Estimate | null =>
    (measures && of(measures)?.[name]) ?? null;
  return Object.entries(of(measured.lp) ?? {}).map(([name, lp]) => ({
    name,
    baseline: named(baseline, name),
    lp,
    up: named(up, name),
  }));
}
