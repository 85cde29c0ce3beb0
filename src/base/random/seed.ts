import { ModelLockError } from '../error.ts';

/** Throws `usage` for what is no seed: a caller without types finds out at the start of a job, not at its end. */
export function requireSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new ModelLockError('usage', `${seed} is not a seed`, { valid: ['integers from 0 on'] });
}
