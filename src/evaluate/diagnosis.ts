import type { Measurements } from './measurements.ts';
import { examinations, signatures, type Sign, type Signature } from './signatures.ts';

export const verdicts = [
  'healthy',
  /** No failure, as far as can be seen without the key. */
  'key-not-tried',
  ...signatures,
] as const;

/** The gravest failure found, or that there is none. */
export type Verdict = (typeof verdicts)[number];

export interface Finding extends Sign {
  readonly signature: Signature;
}

export interface Diagnosis {
  readonly verdict: Verdict;
  /** Gravest first. */
  readonly findings: readonly Finding[];
}

/**
 * Recognises the failures of a lock in measured numbers. What is tolerated, and how sampling error
 * is allowed for, is written beside the `thresholds`.
 */
export function diagnose(measured: Measurements): Diagnosis {
  const findings = signatures.flatMap((signature) =>
    examinations[signature](measured).map((sign) => ({ signature, ...sign })),
  );
  const sound = measured.up === null ? 'key-not-tried' : 'healthy';
  return { verdict: findings[0]?.signature ?? sound, findings };
}
