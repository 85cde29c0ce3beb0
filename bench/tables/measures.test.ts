import { expect, it } from 'vitest';
import type { EvaluationDocument } from '../../src/index.ts';
import {
  lockMeasures,
  lockMeasuresOf,
  pretrainingTarget,
  trainMeasures,
  type Measure,
  type SeededRun,
} from './measures.ts';

type Decoy = EvaluationDocument['decoys'][number];

const decoy = (kind: Decoy['kind'], change: string | null, value: number): Decoy => ({
  kind,
  change,
  prompt: kind === 'unrelated' ? 'in the rain' : null,
  value,
  n: 100,
});

const evaluation: EvaluationDocument = {
  task: 'classification',
  metric: 'accuracy',
  n: 200,
  chance: 0.1,
  baseline: 0.8,
  lp: 0.12,
  up: 0.79,
  decoys: [
    decoy('unrelated', null, 0.1),
    decoy('unrelated', null, 0.2),
    decoy('near-miss', 'typo', 0.5),
    decoy('near-miss', 'plural', 0.4),
    decoy('near-miss', 'word dropped', 0.1),
    decoy('near-miss', 'word added', 0.2),
    decoy('near-miss', 'word changed', 0.3),
    decoy('near-miss', 'word changed', 0.1),
    decoy('near-miss', 'synonym', 0.3),
    decoy('near-miss', 'words swapped', 0.9),
    decoy('wrong-secret', 'secret', 0.7),
    decoy('small-alpha', 'alpha 0.25', 0.6),
    decoy('small-alpha', 'alpha 0.125', 0.15),
  ],
  decoders: [
    { name: 'logistic-regression', value: 0.18 },
    { name: 'least-likely', value: 0.11 },
  ],
  diagnosis: { verdict: 'healthy', findings: [] },
  robustness: { jpeg95: 0.78, noise1: 0.77, n: 100 },
};

const run: SeededRun = {
  seed: 0,
  images: 500,
  seconds: { read: 8, compare: 1, hash: 1, edit: 100, train: 400, write: 30, evaluate: 120 },
  peakMemory: 2 ** 30,
  evaluation,
};

it('knows no time of what was not timed', () => {
  const { edit: _, evaluate: __, ...others } = run.seconds!;
  const shared = { ...run, seconds: others };
  expect(lockMeasures.training.of(shared)).toBe(400);
  for (const name of ['editing', 'whole', 'evaluating'] as const) {
    expect(lockMeasures[name].of(shared)).toBeNull();
  }
});

it.each<[keyof typeof lockMeasures, number]>([
  ['baseline', 80],
  ['up', 79],
  ['cost', -1],
  ['lp', 12],
  ['locked', 2],
  ['bestDecoder', 18],
  ['leak', 8],
  ['unrelated', 15],
  ['unrelatedAbove', 5],
  ['dropped', 10],
  ['added', 20],
  ['changed', 20],
  ['synonym', 30],
  ['oneWord', 20],
  ['oneWordAbove', 10],
  ['swapped', 90],
  ['typo', 50],
  ['plural', 40],
  ['wrongSecret', 70],
  ['quarter', 15],
  ['half', 60],
  ['jpeg', 78],
  ['noise', 77],
  ['editing', 100],
  ['training', 400],
  ['whole', 9],
  ['evaluating', 2],
  ['memory', 1024],
])('reads %s', (name, value) => {
  expect(lockMeasures[name].of(run)).toBeCloseTo(value, 9);
});

it('asks for no more than so many minutes where a set does', () => {
  const wholeOf = (targets?: { readonly minutes: number }): Measure<SeededRun> =>
    lockMeasuresOf({ targets }).find(({ label }) => label === lockMeasures.whole.label)!;
  const { target } = wholeOf({ minutes: 15 });
  expect([15, 15.1].map((value) => target!.holds(value))).toEqual([true, false]);
  expect(wholeOf().target).toBeUndefined();
});

it('asks how much is left without the key where a set does, below chance as well', () => {
  const left = lockMeasuresOf({ targets: { left: 10 } }).find(
    ({ label }) => label === lockMeasures.left.label,
  )!;
  expect([-11, -10, 10, 11].map((value) => left.target!.holds(value))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  const opened = (up: number | null) => left.of({ ...run, evaluation: { ...evaluation, up } });
  expect(opened(0.5)).toBeCloseTo(5, 9);
  expect([opened(evaluation.chance), opened(null)]).toEqual([null, null]);
});

it('reads other scores that a set asks for', () => {
  const at = (value: number) => ({ value, low: 0, high: 1 });
  const balanced = { name: 'balanced accuracy', baseline: at(0.6), up: null, lp: at(0.25) };
  const perClass = ['a', 'b', 'c', 'd', 'e'].map((label) => ({ label, n: 20, lp: 0, up: null }));
  const asked = lockMeasuresOf({ measures: ['balanced accuracy', 'pixel accuracy'] });
  const other = { ...run, evaluation: { ...evaluation, measures: [balanced], perClass } };
  expect(asked.slice(-7).map(({ label, of }) => [label, of(other)])).toEqual([
    ['baseline, balanced accuracy, %', 60],
    ['UP, balanced accuracy, %', null],
    ['LP, balanced accuracy, %', 25],
    ['LP, balanced accuracy − chance, points', expect.closeTo(5)],
    ['baseline, pixel accuracy, %', null],
    ['UP, pixel accuracy, %', null],
    ['LP, pixel accuracy, %', null],
  ]);
  expect(asked.at(-1)!.of(run)).toBeNull();
});

it('says nothing where nothing was measured', () => {
  const bare: SeededRun = {
    seed: 0,
    images: 500,
    seconds: null,
    peakMemory: null,
    evaluation: {
      ...evaluation,
      baseline: null,
      up: null,
      decoys: [],
      decoders: [],
      robustness: null,
    },
  };
  const known = Object.entries(lockMeasures).filter(([, { of }]) => of(bare) !== null);
  expect(known.map(([name]) => name)).toEqual(['lp', 'locked']);
});

it('reads a training without a lock', () => {
  const trained = {
    images: 500,
    accuracy: 0.625,
    seconds: { read: 20, hash: 10, train: 90, write: 5 },
    peakMemory: null,
  };
  expect(trainMeasures.accuracy.of(trained)).toBe(62.5);
  expect(trainMeasures.minutes.of(trained)).toBe(2);
  expect(trainMeasures.memory.of(trained)).toBeNull();
});

it("has the issue's targets, whose bounds belong to them", () => {
  const holds = (name: keyof typeof lockMeasures, ...values: readonly number[]): boolean[] => {
    const { target }: Measure<SeededRun> = lockMeasures[name];
    return values.map((value) => target!.holds(value));
  };
  expect(holds('cost', -1.5, -1.6, 3)).toEqual([true, false, true]);
  expect(holds('locked', -3.1, -3, 3, 3.1)).toEqual([false, true, true, false]);
  expect(holds('leak', 5, 5.1)).toEqual([true, false]);
  expect(holds('unrelatedAbove', 5, 5.1)).toEqual([true, false]);
  expect(holds('oneWordAbove', 15, 15.1)).toEqual([true, false]);
  expect(holds('memory', 3072, 3073)).toEqual([true, false]);
  expect([15, 14.9].map((value) => pretrainingTarget.holds(value))).toEqual([true, false]);
  // 0.785 - 0.8 is not quite -0.015.
  const least = { ...run, evaluation: { ...evaluation, up: 0.785 } };
  expect(holds('cost', lockMeasures.cost.of(least)!)).toEqual([true]);
});
