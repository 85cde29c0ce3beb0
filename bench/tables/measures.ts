import type { EvaluationDocument } from '../../src/index.ts';
import type { SetPlan } from '../data/sets.ts';
import type { LockRun, TrainRun } from '../jobs/job.ts';

/** What is asked of a measure. */
export interface Target {
  /** As a table says it, in the unit of the measure. */
  readonly says: string;
  readonly holds: (value: number) => boolean;
}

/** A lock that was measured, and its job's seed. */
export interface SeededRun extends LockRun {
  readonly seed: number;
}

/** One number of a run. */
export interface Measure<Run> {
  /** With its unit. */
  readonly label: string;
  /** In the unit of the label; null where the run has none. */
  readonly of: (run: Run) => number | null;
  readonly digits: number;
  readonly target?: Target;
  /** Of runs of which this is the same the measure is the same number, and counts once. */
  readonly once?: (run: Run) => unknown;
}

type Decoy = EvaluationDocument['decoys'][number];

/** Rounding is no failure. */
const slack = 1e-9;

const within = (bound: number): Target => ({
  says: `within ±${bound}`,
  holds: (value) => Math.abs(value) <= bound + slack,
});
const atLeast = (bound: number): Target => ({
  says: `at least ${bound}`.replace('-', '−'),
  holds: (value) => value >= bound - slack,
});
const atMost = (bound: number): Target => ({
  says: `at most ${bound}`,
  holds: (value) => value <= bound + slack,
});

type OfDocument = (document: EvaluationDocument) => number | null;

const score = (label: string, of: OfDocument): Measure<LockRun> => ({
  label: `${label}, %`,
  of: ({ evaluation }) => times100(of(evaluation)),
  digits: 1,
});

/** The score of a baseline, which locks of several keys share. */
const baselineScore = (label: string, of: OfDocument): Measure<SeededRun> => ({
  ...score(label, of),
  once: ({ seed }) => seed,
});

const difference = (
  label: string,
  a: OfDocument,
  b: OfDocument,
  target?: Target,
): Measure<LockRun> => ({
  label: `${label}, points`,
  of: ({ evaluation }) => times100(minus(a(evaluation), b(evaluation))),
  digits: 1,
  ...(target ? { target } : {}),
});

const times100 = (value: number | null): number | null => (value === null ? null : 100 * value);

const minus = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a - b;

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

const decoys =
  (wanted: (decoy: Decoy) => boolean): OfDocument =>
  (document) =>
    mean(document.decoys.filter(wanted).map(({ value }) => value));

const nearMisses = (...changes: readonly string[]): OfDocument =>
  decoys(({ kind, change }) => kind === 'near-miss' && changes.includes(change!));

const unrelated = decoys(({ kind }) => kind === 'unrelated');
/** Changes of a word; a synonym changes one, too. */
const oneWord = nearMisses('word changed', 'word dropped', 'word added', 'synonym');
const wrongSecret = decoys(({ kind }) => kind === 'wrong-secret');

/** The stronger and the weaker of the two small strengths, as shares of the key's. */
const weak = (place: number): OfDocument => {
  const strength = ({ change }: Decoy): number => Number(/[\d.]+/.exec(change!)![0]);
  return ({ decoys: all }) =>
    all
      .filter(({ kind }) => kind === 'small-alpha')
      .sort((a, b) => strength(a) - strength(b))
      .at(place)?.value ?? null;
};

const baseline: OfDocument = (document) => document.baseline;
const up: OfDocument = (document) => document.up;
const lp: OfDocument = (document) => document.lp;
const chance: OfDocument = (document) => document.chance;
/** How much of what the key opens is open without it; null where the key opens nothing. */
const shareLeft: OfDocument = ({ lp: locked, up: unlocked, chance: guessed }) =>
  unlocked === null || unlocked === guessed ? null : (locked - guessed) / (unlocked - guessed);
const edited: OfDocument = (document) => document.baselineEdited ?? null;
const bestDecoder: OfDocument = ({ decoders }) =>
  decoders.length === 0 ? null : Math.max(...decoders.map(({ value }) => value));

/** What belongs to reading, and has a stage of its own in results that are new enough. */
const readingToo = ['compare', 'hash'] as const;

/** null where a stage was not timed. */
const seconds =
  (...stages: readonly string[]) =>
  ({ seconds: by }: LockRun | TrainRun): number | null => {
    if (!by || !stages.every((stage) => Object.hasOwn(by, stage))) return null;
    const counted = stages.includes('read') ? [...stages, ...readingToo] : stages;
    return counted.reduce((sum, stage) => sum + (by[stage] ?? 0), 0);
  };

const mebibytes = ({ peakMemory }: LockRun | TrainRun): number | null =>
  peakMemory === null ? null : peakMemory / 2 ** 20;

const wholeLock = seconds('read', 'edit', 'train', 'write');
const minutes =
  (of: (run: LockRun | TrainRun) => number | null) =>
  (run: LockRun | TrainRun): number | null => {
    const value = of(run);
    return value === null ? null : value / 60;
  };

/** What is reported of a lock, in the order of tables. */
export const lockMeasures = {
  baseline: baselineScore('baseline', baseline),
  edited: score('baseline, on edited images', edited),
  up: score('UP', up),
  cost: difference('UP − baseline', up, baseline, atLeast(-1.5)),
  lp: score('LP', lp),
  locked: difference('LP − chance', lp, chance, within(3)),
  left: score('(LP − chance) / (UP − chance)', shareLeft),
  bestDecoder: score('best decoder', bestDecoder),
  leak: difference('best decoder − chance', bestDecoder, chance, within(5)),
  unrelated: score('unrelated prompts', unrelated),
  unrelatedAbove: difference('unrelated prompts − chance', unrelated, chance, within(5)),
  dropped: score('near miss: word dropped', nearMisses('word dropped')),
  added: score('near miss: word added', nearMisses('word added')),
  changed: score('near miss: word changed', nearMisses('word changed')),
  synonym: score('near miss: synonym', nearMisses('synonym')),
  oneWord: score('near misses, these four', oneWord),
  oneWordAbove: difference('near misses, these four − chance', oneWord, chance, within(15)),
  swapped: score('near miss: words swapped', nearMisses('words swapped')),
  typo: score('near miss: typo', nearMisses('typo')),
  plural: score('near miss: plural', nearMisses('plural')),
  wrongSecret: score('wrong secret', wrongSecret),
  quarter: score('a quarter of alpha', weak(0)),
  half: score('half of alpha', weak(-1)),
  jpeg: score('UP through JPEG 95', ({ robustness }) => robustness?.jpeg95 ?? null),
  noise: score('UP with a grey level of noise', ({ robustness }) => robustness?.noise1 ?? null),
  editing: { label: 'editing, s', of: seconds('edit'), digits: 0 },
  training: { label: 'training, s', of: seconds('train'), digits: 0 },
  whole: { label: 'lock without evaluation, min', of: minutes(wholeLock), digits: 1 },
  evaluating: { label: 'evaluation, min', of: minutes(seconds('evaluate')), digits: 1 },
  memory: { label: 'peak memory, MiB', of: mebibytes, digits: 0, target: atMost(3072) },
} as const satisfies Record<string, Measure<SeededRun>>;

/** The same with the targets of a set, and with its other scores at the end. */
export function lockMeasuresOf({
  targets,
  measures = [],
}: Pick<SetPlan, 'targets' | 'measures'>): Measure<SeededRun>[] {
  const { cost, left, minutes: most } = targets ?? {};
  const { target: _beside, ...locked } = lockMeasures.locked;
  const scores = Object.values<Measure<SeededRun>>({
    ...lockMeasures,
    ...(cost === undefined ? {} : { cost: { ...lockMeasures.cost, target: atLeast(-cost) } }),
    ...(most === undefined ? {} : { whole: { ...lockMeasures.whole, target: atMost(most) } }),
    ...(left === undefined ? {} : { locked, left: { ...lockMeasures.left, target: within(left) } }),
  });
  return [...scores, ...measures.flatMap(otherScores)];
}

/** What any constant answer gets, whatever the test set's shares are. */
const constants: Readonly<Record<string, OfDocument>> = {
  'balanced accuracy': ({ perClass }) => (perClass ? 1 / perClass.length : null),
  'macro AUROC': () => 0.5,
};

/** Another score than the set's own. */
function otherScores(name: string): Measure<SeededRun>[] {
  const valueOf =
    (of: 'baseline' | 'up' | 'lp'): OfDocument =>
    ({ measures }) =>
      measures?.find((measure) => measure.name === name)?.[of]?.value ?? null;
  const constant = constants[name];
  return [
    baselineScore(`baseline, ${name}`, valueOf('baseline')),
    score(`UP, ${name}`, valueOf('up')),
    score(`LP, ${name}`, valueOf('lp')),
    ...(constant ? [difference(`LP, ${name} − chance`, valueOf('lp'), constant, within(3))] : []),
  ];
}

/** What is reported of a training without a lock. */
export const trainMeasures = {
  accuracy: { label: 'accuracy, %', of: ({ accuracy }) => 100 * accuracy, digits: 1 },
  minutes: {
    label: 'minutes',
    of: minutes(seconds('read', 'train')),
    digits: 1,
    target: atMost(5),
  },
  memory: { label: 'peak memory, MiB', of: mebibytes, digits: 0 },
} as const satisfies Record<string, Measure<TrainRun>>;

/** What pretraining must be worth, in points. */
export const pretrainingTarget: Target = atLeast(15);
