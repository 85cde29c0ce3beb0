import { createHash } from 'node:crypto';
import type { LockJob } from './job.ts';

/** Keys of the benchmarks, chosen before anything was measured: the paper's first. */
export const prompts: readonly string[] = [
  'with oil pastel',
  'as a ukiyo-e woodblock print',
  'a brass telescope in heavy rain',
  'like an old postcard of the seaside',
  'in blue and orange, cubist',
];

/** Keys with a secret each, so that a wrong secret can be tried. The secrets are fixed, too. */
export function withSecret(prompt: string): LockJob['key'] {
  const secret = createHash('sha256').update(`benchmark secret of ${prompt}`).digest('hex');
  return { prompt, secret: secret.slice(0, 32) };
}

export function withoutSecret(prompt: string): LockJob['key'] {
  return { prompt, secret: null };
}
