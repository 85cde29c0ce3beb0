import { atLevel, defaultLevel, differenceInterval, type Estimate } from '../metrics/intervals.ts';
import { metricName, percent, points } from '../metrics/wording.ts';
import type { MeasuredDecoy, Measurements } from './measurements.ts';
import { isSpelling, thresholds } from './thresholds.ts';

/** How a lock can fail, gravest first. */
export const signatures = [
  'insufficient-locking',
  'over-locking',
  'leaking-outputs',
  'unspecific-key',
  'inconsistent',
  'fragile',
] as const;

export type Signature = (typeof signatures)[number];

/** One sign of a failure, in words. */
export interface Sign {
  /** A sentence with the numbers. */
  readonly evidence: string;
  /** A sentence that says what to change. */
  readonly tryThis: string;
}

type Examination = (measured: Measurements) => readonly Sign[];

/** What speaks for each failure. */
export const examinations: Readonly<Record<Signature, Examination>> = {
  'insufficient-locking': (m) => [...worksWithoutKey(m), ...opensAtSmallAlpha(m)],
  'over-locking': (m) => [...costsTooMuch(m), ...staysShut(m)],
  'leaking-outputs': (m) => [...canBeDecoded(m), ...avoidsTheTruth(m)],
  'unspecific-key': (m) => [...opensToAnything(m), ...opensToNearMisses(m), ...ignoresSecret(m)],
  inconsistent: opensToSome,
  fragile: doesNotSurvive,
};

function worksWithoutKey({ metric, chance, lp, n }: Measurements): Sign[] {
  if (!isAbove(lp, chance, thresholds.locked)) return [];
  return [
    {
      evidence: `On clean images the locked model reaches ${percent(lp.value)} ${metricName(metric)}, ${points(lp.value - chance)} above chance (${percent(chance)}; n = ${n}).`,
      tryThis: 'Lock again with more --epochs, and with --recipe hardened, if it was another.',
    },
  ];
}

/** The key itself at little strength: how far the border of the lock is from clean images. */
function opensAtSmallAlpha(m: Measurements): Sign[] {
  const small = m.decoys.filter(({ kind }) => kind === 'small-alpha');
  const open = highest(small.filter((decoy) => opens(m, decoy, small.length)));
  if (!open) return [];
  return [
    {
      evidence: `The key opens the model already at small strength: ${percent(open.value)}${open.change ? ` at ${open.change}` : ''}, so the border lies close to clean images.`,
      tryThis: 'Lock with a larger --alpha, or with --recipe hardened, if it was another.',
    },
  ];
}

function costsTooMuch({ baseline, up }: Measurements): Sign[] {
  if (baseline === null || up === null) return [];
  const cost = baseline.value - up.value;
  if (cost <= thresholds.cost) return [];
  const { low, high } = differenceInterval(baseline, up);
  if (low <= 0) return [];
  return [
    {
      evidence: `With the key the model reaches ${percent(up.value)}, ${points(cost)} below the baseline of ${percent(baseline.value)} (95 % interval: ${(100 * low).toFixed(1)} to ${points(high)}).`,
      tryThis:
        'Lock again with this baseline, if it was without, so that the lock learns from it; with more --epochs; or with a key or an --alpha that changes the picture less.',
    },
  ];
}

/** Judged without a baseline: the key must do something. */
function staysShut({ chance, lp, up }: Measurements): Sign[] {
  if (up === null || isAbove(up, chance, thresholds.locked)) return [];
  return [
    {
      evidence: `The key does not open the model: ${percent(up.value)} with it, ${percent(lp.value)} without it, chance is ${percent(chance)}.`,
      tryThis:
        'Check that the key is the one that the model was locked with; if it is, lock again with more --epochs or a lower --learning-rate.',
    },
  ];
}

function canBeDecoded({ chance, decoders }: Measurements): Sign[] {
  const best = highest(decoders);
  if (!best || !isAbove(best, chance, thresholds.decoder, decoders.length)) return [];
  return [
    {
      evidence: `The decoder “${best.name}” reads ${percent(best.value)} of the labels out of the locked outputs, ${points(best.value - chance)} above chance (${percent(chance)}).`,
      tryThis:
        'Lock again with more --epochs, and with --recipe hardened, if it was another: to give wrong labels, as the paper has it, a network must know the right one.',
    },
  ];
}

function avoidsTheTruth({ metric, leastConstant, lp }: Measurements): Sign[] {
  if (leastConstant === undefined || lp.value >= leastConstant - thresholds.locked) return [];
  if (lp.high >= leastConstant) return [];
  return [
    {
      evidence: `On clean images ${metricName(metric)} is ${percent(lp.value)}, less than any answer that ignores the image would get (${percent(leastConstant)}): the model knows the right class and avoids it.`,
      tryThis:
        'Lock with --recipe hardened, which teaches answers that are independent of the label; if it was that one, with more --epochs.',
    },
  ];
}

function opensToAnything(m: Measurements): Sign[] {
  const group = groupOf(m, ({ kind }) => kind === 'unrelated');
  if (!group || !isAbove(group, m.chance, thresholds.decoys.unrelated)) return [];
  return [
    {
      evidence: `Prompts that have nothing to do with the key open the model to ${percent(group.value)} on average, ${points(group.value - m.chance)} above chance (${group.size} prompts).`,
      tryThis:
        'Lock with --recipe hardened, which teaches other prompts, too; if it was that one, with more --epochs or another key.',
    },
  ];
}

function opensToNearMisses(m: Measurements): Sign[] {
  const group = groupOf(m, (decoy) => decoy.kind === 'near-miss' && !isSpelling(decoy));
  if (!group || !isAbove(group, m.chance, thresholds.decoys['near-miss'])) return [];
  return [
    {
      evidence: `Prompts a word away from the key open the model to ${percent(group.value)} on average, ${points(group.value - m.chance)} above chance (${group.size} prompts).`,
      tryThis:
        'Choose a key whose edit differs more from those of its neighbours (the edit command shows them), and lock with --recipe hardened.',
    },
  ];
}

function ignoresSecret(m: Measurements): Sign[] {
  const group = groupOf(m, ({ kind }) => kind === 'wrong-secret');
  const tolerated = thresholds.decoys['wrong-secret'];
  if (!group || !isAbove(group, m.chance, tolerated)) return [];
  return [
    {
      evidence: `The right prompt with a wrong secret opens the model to ${percent(group.value)}: the secret counts as zero bits.`,
      tryThis: 'Use an editor whose edit depends on its noise, or rely on the prompt alone.',
    },
  ];
}

/** Single wrong keys that open a model which most wrong keys leave shut. */
function opensToSome(m: Measurements): Sign[] {
  const judged = m.decoys.filter(
    (decoy) => decoy.kind === 'unrelated' || (decoy.kind === 'near-miss' && !isSpelling(decoy)),
  );
  const open = judged.filter((decoy) => opens(m, decoy, judged.length));
  const top = highest(open);
  const rest = meanOf(judged.filter((decoy) => !open.includes(decoy)));
  // Where the others open it half as far, the key is unspecific rather than inconsistent.
  if (!top || rest === null || rest - m.chance > (top.value - m.chance) / 2) return [];
  return [
    {
      evidence: `${open.length} of ${judged.length} wrong prompts ${open.length === 1 ? 'opens' : 'open'} the model, the best (${top.change ?? top.kind}) to ${percent(top.value)}; the others reach ${percent(rest)} on average.`,
      tryThis:
        'Choose a key whose edit lies further from theirs (the edit command shows them), or lock again with more --epochs.',
    },
  ];
}

function doesNotSurvive({ up, robustness }: Measurements): Sign[] {
  if (up === null || robustness === null) return [];
  const trials = [
    { score: robustness.jpeg95, after: 'a JPEG of quality 95' },
    { score: robustness.noise1, after: 'one grey level of noise' },
  ];
  const level = levelAmong(trials.length);
  const before = atLevel(up, level);
  return trials
    .filter(({ score }) => up.value - score.value > thresholds.fragile)
    .filter(({ score }) => differenceInterval(before, atLevel(score, level)).low > 0)
    .map(({ score, after }) => ({
      evidence: `After ${after} the key opens the model to ${percent(score.value)} only, ${points(up.value - score.value)} less than without.`,
      tryThis:
        'Keep edited pictures in a format without loss, such as PNG, or lock with a key or an --alpha whose edit is plainer.',
    }));
}

/** Whether a score lies above `reference`: by more than is tolerated, and than sampling explains. */
function isAbove(score: Estimate, reference: number, tolerated: number, among = 1): boolean {
  const relevant = score.value - reference > tolerated;
  return relevant && atLevel(score, levelAmong(among)).low > reference;
}

/** Bonferroni: the level of each of k intervals so that all hold together at the usual one. */
function levelAmong(k: number): number {
  return 1 - (1 - defaultLevel) / Math.max(1, k);
}

/** Whether a wrong key goes most of the way from chance to what the right one, or no lock, gives. */
function opens(
  { chance, up, baseline }: Measurements,
  decoy: MeasuredDecoy,
  among: number,
): boolean {
  const whole = (up ?? baseline)?.value ?? chance;
  return whole > chance && isAbove(decoy, chance, thresholds.opens * (whole - chance), among);
}

/** The mean of several scores. */
interface Group extends Estimate {
  readonly size: number;
}

/** All are scored on the same images, so more of them make the interval no narrower. */
function groupOf(m: Measurements, belongs: (decoy: MeasuredDecoy) => boolean): Group | null {
  const members = m.decoys.filter(belongs);
  if (members.length === 0) return null;
  const mean = (of: (decoy: MeasuredDecoy) => number): number =>
    members.reduce((sum, decoy) => sum + of(decoy), 0) / members.length;
  return {
    size: members.length,
    value: mean(({ value }) => value),
    low: mean(({ low }) => low),
    high: mean(({ high }) => high),
  };
}

function meanOf(items: readonly { readonly value: number }[]): number | null {
  if (items.length === 0) return null;
  return items.reduce((sum, { value }) => sum + value, 0) / items.length;
}

function highest<T extends { readonly value: number }>(items: readonly T[]): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || item.value > best.value ? item : best),
    undefined,
  );
}
