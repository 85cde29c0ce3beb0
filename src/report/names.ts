import type { Verdict } from '../evaluate/diagnosis.ts';
import type { DocumentedDecoy } from '../evaluate/document.ts';
import type { DecoyKind } from '../evaluate/measurements.ts';

export const verdictNames: Readonly<Record<Verdict, string>> = {
  healthy: 'Healthy',
  'key-not-tried': 'Healthy without the key, which was not tried',
  'insufficient-locking': 'Insufficient locking',
  'over-locking': 'Over-locking',
  'leaking-outputs': 'Leaking outputs',
  'unspecific-key': 'Unspecific key',
  inconsistent: 'Inconsistent',
  fragile: 'Fragile',
};

/** Headings of the groups of wrong keys, in the order of reports. */
export const decoyHeadings: Readonly<Record<DecoyKind, string>> = {
  unrelated: 'Other prompts',
  'near-miss': 'Near misses of the key',
  'wrong-secret': 'The key with a wrong secret',
  'small-alpha': 'The key at small strength',
};

const unnamedDecoys: Readonly<Record<DecoyKind, string>> = {
  unrelated: 'another prompt',
  'near-miss': 'near miss',
  'wrong-secret': 'wrong secret',
  'small-alpha': 'small strength',
};

export type DecoyIdentity = Pick<DocumentedDecoy, 'kind' | 'change' | 'prompt'>;

/** What a wrong key is called. Only unrelated prompts are spelt out: the others spell the key. */
export function decoyLabel({ kind, change, prompt }: DecoyIdentity): string {
  if (kind === 'unrelated' && prompt !== null) return `“${prompt}”`;
  return change ?? unnamedDecoys[kind];
}

/** A decoder's identifier, as words. */
export function decoderName(identifier: string): string {
  return identifier.replaceAll('-', ' ');
}

/** What stands above measures: some are of one class, where one of them is what is looked for. */
export const measuresHeading = (positive: string | undefined): string =>
  positive === undefined ? 'Other measures' : `Other measures; positive is ${positive}`;

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
