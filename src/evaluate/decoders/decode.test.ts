import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { singles, type Clusters } from '../../metrics/clusters.ts';
import { atLevel, meanEstimate, type Estimate } from '../../metrics/intervals.ts';
import type { Readable } from '../../tasks/tally.ts';
import { multiLabel } from '../../tasks/multi-label.ts';
import { tensor } from '../../tensor/tensor.ts';
import { decodeOutputs, decoders, questionDecoders, type DecoderName } from './decode.ts';
import type { Logits } from './decoder.ts';
import { splitByCluster, stratifiedSplit } from './split.ts';

const classes = 10;

/** Images of all classes in turn, and logits made from noise and what `signal` adds. */
function sample(
  n: number,
  signal: (label: number, c: number) => number,
  noise = (z: readonly number[], c: number) => z[c],
): { logits: Logits; labels: number[] } {
  const random = counterRandom(11);
  const labels = Array.from({ length: n }, (_, i) => i % classes);
  const rows = labels.map((label) => {
    const z = Array.from({ length: classes + 1 }, () => random.normal());
    return Array.from({ length: classes }, (_, c) => noise(z, c) + signal(label, c));
  });
  return { logits: tensor('float32', [n, classes], Float32Array.from(rows.flat())), labels };
}

/** Scored by accuracy. */
const readable = (
  { logits, labels }: { logits: Logits; labels: number[] },
  clusters: Clusters = singles(labels.length),
): Readable => ({
  kind: 'classes',
  logits,
  labels,
  clusters,
  estimate: (rows, guesses) =>
    meanEstimate(
      rows.map((row, i) => Number(labels[row] === guesses[i])),
      singles(rows.length),
    ),
});

function estimates(of: { logits: Logits; labels: number[] }, seed = 1): Map<DecoderName, Estimate> {
  const results = decodeOutputs(readable(of), counterRandom(seed));
  return new Map(results.map(({ name, ...estimate }) => [name, estimate]));
}

const decode = (of: { logits: Logits; labels: number[] }, seed = 1): Map<DecoderName, number> =>
  new Map([...estimates(of, seed)].map(([name, { value }]) => [name, value]));

describe('decoding of outputs', () => {
  test('gives chance on logits that know nothing', () => {
    const n = 2000;
    const results = estimates(sample(n, () => 0));
    for (const [name, estimate] of results) {
      // Five decoders are looked at, so that 95 % for all of them is 99 % for each.
      const { low, high } = atLevel(estimate, 0.99);
      expect(low, name).toBeLessThan(1 / classes);
      expect(high, name).toBeGreaterThan(1 / classes);
    }
    expect([...results.keys()]).toEqual(Object.keys(decoders));
  });

  test('finds permuted classes', () => {
    const results = decode(sample(1000, (label, c) => (c === (3 * label + 2) % classes ? 12 : 0)));
    expect(results.get('one-to-one-mapping')).toBeGreaterThan(0.99);
    expect(results.get('many-to-one-mapping')).toBeGreaterThan(0.99);
    expect(results.get('logistic-regression')).toBeGreaterThan(0.99);
    expect(results.get('least-likely')).toBeLessThan(0.2);
  });

  test('finds a class that the network avoids', () => {
    const results = decode(sample(1000, (label, c) => (c === label ? -12 : 0)));
    expect(results.get('least-likely')).toBeGreaterThan(0.99);
    expect(results.get('logistic-regression')).toBeGreaterThan(0.99);
    expect(results.get('second-best')).toBe(0);
  });

  test('finds a class that always comes second', () => {
    const results = decode(
      sample(1000, (label, c) => (c === label ? 12 : c === (label + 1) % classes ? 30 : 0)),
    );
    expect(results.get('second-best')).toBeGreaterThan(0.99);
  });

  test('finds what lies a hundred times below a common distraction', () => {
    const shared = (z: readonly number[], c: number): number => 0.01 * z[c] + z[classes] * (c - 4);
    const results = decode(sample(1000, (label, c) => (c === label ? 0.06 : 0), shared));
    expect(results.get('logistic-regression')).toBeGreaterThan(0.9);
    expect(results.get('many-to-one-mapping')).toBeLessThan(0.4);
  });

  test('gives the same numbers for the same seed', () => {
    const noise = sample(200, (label, c) => (c === label ? 1 : 0));
    expect(decode(noise, 5)).toEqual(decode(noise, 5));
    expect(decode(noise, 5)).not.toEqual(decode(noise, 6));
  });

  test('survives outputs that never change', () => {
    const { labels } = sample(100, () => 0);
    const logits = tensor('float32', [100, classes], new Float32Array(100 * classes).fill(0.1));
    for (const [name, value] of decode({ logits, labels })) expect(value, name).toBeCloseTo(0.1, 1);
  });

  test('refuses what cannot be decoded', () => {
    const refuse = (rows: Logits, truth: number[]) =>
      decodeOutputs(readable({ logits: rows, labels: truth }), counterRandom(1));
    const { logits, labels } = sample(100, () => 0);
    expect(() => refuse(logits, labels.slice(1))).toThrow('do not fit 99');
    const broken = tensor('float32', [100, classes], logits.data.slice().fill(NaN, 37));
    expect(() => refuse(broken, labels)).toThrow('image 3 is NaN');
  });

  test('reads nothing out of too few images, or of many of too few patients', () => {
    const { logits, labels } = sample(100, () => 0);
    const patients = (count: number): Clusters => ({ count, of: labels.map((_, i) => i % count) });
    const results = (count: number) =>
      decodeOutputs(readable({ logits, labels }, patients(count)), counterRandom(1));
    expect(results(3)).toEqual([]);
    expect(results(4)).toHaveLength(Object.keys(decoders).length);
    const few = { logits: tensor('float32', [0, classes], new Float32Array()), labels: [] };
    expect(decodeOutputs(readable(few), counterRandom(1))).toEqual([]);
  });

  test('takes a moment for 2,000 images of ten classes', () => {
    // A quarter of a second; far more than that on a busy machine, and minutes by a slower method.
    const many = sample(2000, (label, c) => (c === label ? 1 : 0));
    const start = performance.now();
    decode(many);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('decoding of several answers to an image', () => {
  const questions = 4;
  const random = counterRandom(7);
  const truths = Array.from({ length: 400 }, () =>
    Array.from({ length: questions }, (_, c) => c).filter(() => random.integer(4) === 0),
  );

  /** What was measured of logits made from noise and what `signal` adds where a class is there. */
  function decoded(
    signal: number,
    {
      rows = truths,
      drawn = 5,
      constant = false,
      clusters = undefined as Clusters | undefined,
    } = {},
  ): Record<string, Estimate> {
    const noise = counterRandom(drawn);
    const logits = rows.flatMap((labels) =>
      Array.from(
        { length: questions },
        (_, c) => (constant ? c : noise.normal()) + (labels.includes(c) ? signal : 0),
      ),
    );
    const tally = multiLabel.tally(questions);
    tally.add(tensor('float32', [rows.length, questions], Float32Array.from(logits)), rows);
    const results = decodeOutputs(tally.outcome(clusters).readable!, counterRandom(3));
    return Object.fromEntries(results.map(({ name, ...estimate }) => [name, estimate]));
  }

  test('finds nothing where there is nothing', () => {
    for (const results of [decoded(0), decoded(0, { constant: true })]) {
      expect(Object.keys(results)).toEqual(Object.keys(questionDecoders));
      for (const [name, { value }] of Object.entries(results)) {
        expect(value, name).toBeGreaterThan(0.15);
        expect(value, name).toBeLessThan(0.35);
      }
    }
  });

  test('the truth turned round is read by turning it back, and by regression', () => {
    const results = decoded(-6);
    expect(results['opposite'].value).toBeGreaterThan(0.99);
    expect(results['logistic-regressions'].value).toBeGreaterThan(0.99);
    expect(results['opposite'].low).toBeLessThanOrEqual(results['opposite'].value);
    expect(decoded(6)['opposite'].value).toBeLessThan(0.25);
  });

  test('nothing is scored without a yes, or with too few images', () => {
    const found = Array.from({ length: 8 }, (_, image) => {
      const rows = Array.from({ length: 8 }, (_row, i) => (i === image ? [0] : []));
      return Object.keys(decoded(1, { rows })).length;
    });
    // The only yes of eight images is among the four that are scored, or is not.
    expect(found.filter((count) => count === 0)).toHaveLength(4);
    expect(decoded(1, { rows: truths.slice(0, 3) })).toEqual({});
  });

  test('images of a patient are on one side', () => {
    const clusters = { count: 2, of: truths.map((_, i) => i % 2) };
    expect(decoded(1, { clusters })).toEqual({});
  });
});

test('a split by clusters divides none of them', () => {
  const of = [0, 1, 1, 2, 3, 3, 0, 2];
  const { first, second } = splitByCluster({ count: 4, of }, 0.5, counterRandom(2));
  const [some, others] = [first, second].map((rows) => new Set(rows.map((row) => of[row])));
  expect([some.size, others.size]).toEqual([2, 2]);
  expect(new Set([...some, ...others]).size).toBe(4);
  expect([...first, ...second].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

describe('stratified split', () => {
  test('takes the share of every class and of the whole, each sample once', () => {
    const sets = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(sets, fc.constantFrom(0.25, 0.5, 0.75), fc.nat(), (labels, share, seed) => {
        const { first, second } = stratifiedSplit(labels, share, counterRandom(seed));
        const all = [...first, ...second].sort((a, b) => a - b);
        expect(all).toEqual(labels.map((_, i) => i));
        expect(first.length).toBe(Math.round(labels.length * share));
        for (const label of new Set(labels)) {
          const size = labels.filter((other) => other === label).length;
          const taken = first.filter((i) => labels[i] === label).length;
          expect(Math.abs(taken - size * share)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
