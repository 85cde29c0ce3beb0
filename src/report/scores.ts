import type { EvaluationDocument } from '../evaluate/document.ts';
import type { DecoyKind } from '../evaluate/measurements.ts';
import { wilsonInterval, type Interval } from '../metrics/intervals.ts';
import { decoyHeadings, decoyLabel } from './names.ts';

/** What a score says about the lock; it decides the colour. */
export type ScoreRole = 'baseline' | 'key' | 'locked' | 'wrong-key';

export interface Score {
  readonly role: ScoreRole;
  readonly label: string;
  readonly value: number;
  /** 95 %. */
  readonly interval: Interval;
}

export interface ScoreGroup {
  readonly heading: string;
  readonly scores: readonly Score[];
}

/** All scores of a document, in the order in which they are told. */
export function scoreGroups(document: EvaluationDocument): ScoreGroup[] {
  const kinds = Object.keys(decoyHeadings) as DecoyKind[];
  return [
    { heading: 'The model', scores: mainScores(document) },
    ...kinds.map((kind) => ({ heading: decoyHeadings[kind], scores: decoyScores(document, kind) })),
  ].filter(({ scores }) => scores.length > 0);
}

/** Baseline, UP and LP. */
export function mainScores(document: EvaluationDocument): Score[] {
  const { n, baseline, lp, up, intervals } = document;
  const known = (
    role: ScoreRole,
    label: string,
    value: number | null,
    interval?: Interval | null,
  ): Score[] =>
    value === null ? [] : [{ role, label, value, interval: interval ?? intervalOf(value, n) }];
  return [
    ...known('baseline', 'Unlocked model', baseline, intervals?.baseline),
    ...known('key', 'With the key', up, intervals?.up),
    ...known('locked', 'Without the key', lp, intervals?.lp),
  ];
}

function decoyScores({ decoys }: EvaluationDocument, wanted: DecoyKind): Score[] {
  return decoys
    .filter(({ kind }) => kind === wanted)
    .map((decoy) => ({
      role: 'wrong-key',
      label: decoyLabel(decoy),
      value: decoy.value,
      interval: decoy.interval ?? intervalOf(decoy.value, decoy.n),
    }));
}

function intervalOf(value: number, n: number): Interval {
  return n > 0 ? wilsonInterval(value, n) : { low: 0, high: 1 };
}
