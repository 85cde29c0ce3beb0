import type { Measurements } from './measurements.ts';
import { examinations, signatures, type Sign, type Signature } from './signatures.ts';

/** `healthy`, or the gravest failure found. */
export type Verdict = 'healthy' | Signature;

export interface Finding extends Sign {
  readonly signature: Signature;
}

export interface Diagnosis {
  readonly verdict: Verdict;
  /** Gravest first; none where the lock is healthy. */
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
  return { verdict: findings[0]?.signature ?? 'healthy', findings };
}
