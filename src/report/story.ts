import type { Verdict } from '../evaluate/diagnosis.ts';
import type { DocumentedDecoy, EvaluationDocument } from '../evaluate/document.ts';
import type { DecoyKind } from '../evaluate/measurements.ts';
import { isSpelling } from '../evaluate/thresholds.ts';
import { metricName, percent, points } from '../metrics/wording.ts';
import { decoderName } from './names.ts';

/** An evaluation in a few sentences. */
export interface Story {
  readonly headline: string;
  /** Baseline, lock and key. */
  readonly sentences: readonly string[];
  /** What an attacker gets: wrong keys, decoders. */
  readonly attacks: readonly string[];
}

const headlines: Readonly<Record<Verdict, string>> = {
  healthy: 'The lock holds.',
  'key-not-tried': 'Without the key the model gives nothing away; the key was not tried.',
  'insufficient-locking': 'The model works without its key.',
  'over-locking': 'The key does not give all of the accuracy back.',
  'leaking-outputs': 'The locked answers give the classes away.',
  'unspecific-key': 'More than the key opens the model.',
  inconsistent: 'Some wrong keys open the model.',
  fragile: 'The key works, but only on untouched files.',
};

export function tellStory(document: EvaluationDocument): Story {
  return {
    headline: headlines[document.diagnosis.verdict],
    sentences: [...aboutBaseline(document), aboutLock(document), aboutKey(document)],
    attacks: [...aboutWrongKeys(document), ...aboutDecoders(document)],
  };
}

function aboutBaseline({ n, groups, metric, chance, baseline }: EvaluationDocument): string[] {
  const whose = groups === undefined ? '' : ` of ${groups.toLocaleString('en')} groups`;
  const guess = `always giving the same answer would reach ${percent(chance)}`;
  if (baseline === null) return [`Measured on ${n.toLocaleString('en')} images${whose}; ${guess}.`];
  return [
    `On ${n.toLocaleString('en')} test images${whose} the unlocked model reaches ${percent(baseline)} ${metricName(metric)}; ${guess}.`,
  ];
}

function aboutLock({ metric, chance, lp }: EvaluationDocument): string {
  return `Locked, it reaches ${percent(lp)} ${metricName(metric)} on the same images, ${besides(lp, chance, 'chance')}.`;
}

function aboutKey({ up, baseline, baselineEdited }: EvaluationDocument): string {
  if (up === null) return 'The key was not given, so what it opens was not measured.';
  const beside = baseline === null ? '' : `, ${besides(up, baseline, 'the unlocked model')}`;
  const edited =
    typeof baselineEdited !== 'number'
      ? ''
      : ` The unlocked model, which never saw an edited image, keeps ${percent(baselineEdited)} on them: so much of what the images show survives the edit.`;
  return `Once the images are edited with the key, it reaches ${percent(up)}${beside}.${edited}`;
}

function aboutWrongKeys({ decoys }: EvaluationDocument): string[] {
  const nearMisses = decoys.filter(({ kind }) => kind === 'near-miss');
  const of = (kind: DecoyKind): DocumentedDecoy[] => decoys.filter((decoy) => decoy.kind === kind);
  const parts = [
    ...opening('other prompts', of('unrelated')),
    ...opening(
      'near misses of the key',
      nearMisses.filter((decoy) => !isSpelling(decoy)),
    ),
    ...opening('misspellings of the key', nearMisses.filter(isSpelling)),
    ...opening('the right prompt with a wrong secret', of('wrong-secret')),
  ];
  return parts.length === 0 ? [] : [`Wrong keys, on average: ${parts.join(', ')}.`];
}

function opening(name: string, decoys: readonly DocumentedDecoy[]): string[] {
  if (decoys.length === 0) return [];
  const mean = decoys.reduce((sum, { value }) => sum + value, 0) / decoys.length;
  return [`${name} ${percent(mean)}`];
}

function aboutDecoders({ decoders }: EvaluationDocument): string[] {
  if (decoders.length === 0) return [];
  const best = decoders.reduce((a, b) => (b.value > a.value ? b : a));
  return [
    `Somebody who studies the locked answers (best: ${decoderName(best.name)}) gets ${percent(best.value)} of the labels out of them.`,
  ];
}

/** How far a score is from another one. */
function besides(value: number, reference: number, name: string): string {
  const difference = value - reference;
  if (Math.abs(difference) < 0.0005) return `the same as ${name}`;
  return `${points(difference)} ${difference > 0 ? 'above' : 'below'} ${name}`;
}
