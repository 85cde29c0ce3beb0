import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from './diagnosis.ts';
import { evaluationDocumentSchema, scoresOf } from './document.ts';
import { wilsonInterval, type Estimate } from '../metrics/intervals.ts';
import type { DecoyKind, MeasuredDecoy, Measurements } from './measurements.ts';

/** A share of n images. */
const of = (value: number, n = 2000): Estimate => ({ value, ...wilsonInterval(value, n) });

const decoy = (kind: DecoyKind, change: string | null, value: number): MeasuredDecoy => ({
  kind,
  change,
  n: 512,
  ...of(value, 512),
});

const decoder = (name: string, value: number): Measurements['decoders'][number] => ({
  name,
  ...of(value, 1000),
});

const healthy: Measurements = {
  metric: 'accuracy',
  chance: 0.1,
  leastConstant: 0.1,
  baseline: of(0.82),
  lp: of(0.112),
  up: of(0.815),
  decoys: [
    ...unrelated(0.1, 0.12, 0.09, 0.13),
    decoy('near-miss', 'synonym', 0.2),
    decoy('near-miss', 'word dropped', 0.16),
    decoy('near-miss', 'plural', 0.7),
    decoy('wrong-secret', null, 0.12),
    decoy('small-alpha', 'alpha 0.1', 0.12),
  ],
  decoders: [decoder('logistic-regression', 0.13), decoder('least-likely', 0.09)],
  robustness: { jpeg95: of(0.81), noise1: of(0.815) },
  n: 2000,
};

function unrelated(...values: number[]): MeasuredDecoy[] {
  return values.map((value) => decoy('unrelated', null, value));
}

function signaturesOf(changed: Partial<Measurements>): string[] {
  return diagnose({ ...healthy, ...changed }).findings.map(({ signature }) => signature);
}

describe('diagnosis', () => {
  test('a lock that does what it should is healthy', () => {
    expect(diagnose(healthy)).toEqual({ verdict: 'healthy', findings: [] });
  });

  test('without the key it judges what can be seen, and says so', () => {
    const locked = { ...healthy, up: null, decoys: [], robustness: null };
    expect(diagnose(locked)).toEqual({ verdict: 'key-not-tried', findings: [] });
    expect(diagnose({ ...locked, lp: of(0.3) }).verdict).toBe('insufficient-locking');
  });

  test.each<[string, Partial<Measurements>, string[]]>([
    ['clean images are recognised', { lp: of(0.24) }, ['insufficient-locking']],
    [
      'the key opens at small alpha',
      { decoys: [decoy('small-alpha', 'alpha 0.25', 0.6)] },
      ['insufficient-locking'],
    ],
    ['UP is far below the baseline', { up: of(0.75), robustness: null }, ['over-locking']],
    [
      'the key opens nothing',
      { up: of(0.11), baseline: null, robustness: null, decoys: [] },
      ['over-locking'],
    ],
    [
      'a decoder reads the labels',
      { decoders: [decoder('least-likely', 0.29)] },
      ['leaking-outputs'],
    ],
    ['the truth is avoided', { lp: of(0.03) }, ['leaking-outputs']],
    ['any prompt opens', { decoys: unrelated(0.5, 0.55, 0.6) }, ['unspecific-key']],
    [
      'near misses open',
      {
        decoys: [decoy('near-miss', 'synonym', 0.43), decoy('near-miss', 'word added', 0.4)],
      },
      ['unspecific-key'],
    ],
    ['a wrong secret opens', { decoys: [decoy('wrong-secret', null, 0.8)] }, ['unspecific-key']],
    [
      'one prompt of many opens',
      { decoys: unrelated(0.05, 0.1, 0.1, 0.1, 0.05, 0.08, 0.1, 0.07, 0.1, 0.1, 0.1, 0.1, 0.5) },
      ['inconsistent'],
    ],
    ['a JPEG shuts it', { robustness: { jpeg95: of(0.6), noise1: of(0.81) } }, ['fragile']],
  ])('%s', (_, changed, expected) => {
    expect(signaturesOf(changed)).toEqual(expected);
  });

  test('the gravest of several failures is the verdict', () => {
    const { verdict, findings } = diagnose({
      ...healthy,
      lp: of(0.4),
      decoys: unrelated(0.5, 0.5),
      robustness: { jpeg95: of(0.5), noise1: of(0.5) },
    });
    expect(verdict).toBe('insufficient-locking');
    expect(findings.map(({ signature }) => signature)).toEqual([
      'insufficient-locking',
      'unspecific-key',
      'fragile',
      'fragile',
    ]);
  });

  test('evidence is given in numbers', () => {
    const [finding] = diagnose({ ...healthy, lp: of(0.24) }).findings;
    expect(finding.evidence).toContain(
      '24.0 % accuracy, 14.0 points above chance (10.0 %; n = 2000)',
    );
    const [cost] = diagnose({ ...healthy, up: of(0.75), robustness: null }).findings;
    expect(cost.evidence).toContain('75.0 %, 7.0 points below the baseline of 82.0 %');
  });

  test('differences within sampling error are no findings', () => {
    // 16 % of 50 images, with chance at 10 %: 6 points, and its interval begins at 8 %.
    expect(signaturesOf({ lp: of(0.16, 50) })).toEqual([]);
    expect(signaturesOf({ lp: of(0.16) })).toEqual(['insufficient-locking']);
    expect(signaturesOf({ up: of(0.78, 100), baseline: of(0.82, 100) })).toEqual([]);
    expect(signaturesOf({ lp: of(0.04, 40) })).toEqual([]);
    const robustness = { jpeg95: of(0.77), noise1: of(0.81) };
    expect(signaturesOf({ robustness: { ...robustness, jpeg95: of(0.77, 256) } })).toEqual([]);
    expect(signaturesOf({ robustness })).toEqual(['fragile']);
  });

  test('unbalanced sets: below chance is no leak without the rarest share to compare with', () => {
    const majority = {
      chance: 0.6,
      lp: of(0.4),
      decoders: [],
      decoys: [],
      leastConstant: undefined,
    };
    expect(signaturesOf(majority)).toEqual([]);
    expect(signaturesOf({ ...majority, leastConstant: 0.1 })).toEqual([]);
  });

  test('nothing that needs the key is judged without it', () => {
    expect(signaturesOf({ up: null, robustness: null })).toEqual([]);
  });

  test('a worse number never makes a finding go away', () => {
    const score = fc.double({ min: 0.1, max: 0.8, noNaN: true });
    const has = (m: Partial<Measurements>, signature: string): number =>
      Number(signaturesOf(m).includes(signature));
    fc.assert(
      fc.property(score, score, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const rises = (make: (value: number) => Partial<Measurements>, signature: string): void =>
          expect(has(make(high), signature)).toBeGreaterThanOrEqual(has(make(low), signature));
        rises((lp) => ({ lp: of(lp) }), 'insufficient-locking');
        rises((value) => ({ decoders: [decoder('second-best', value)] }), 'leaking-outputs');
        rises((value) => ({ decoys: unrelated(value, value) }), 'unspecific-key');
      }),
    );
  });
});

describe('the evaluation document', () => {
  const decoys = healthy.decoys.map((one) => ({
    ...one,
    prompt: one.kind === 'unrelated' ? 'with neon signs' : null,
  }));
  const document = {
    ...scoresOf({ ...healthy, decoys }, 512),
    task: 'classification',
    diagnosis: diagnose(healthy),
  };

  test('takes a diagnosis as it comes', () => {
    expect(evaluationDocumentSchema.parse(document).diagnosis.verdict).toBe('healthy');
  });

  test('refuses prompts that spell the key', () => {
    const spelt = document.decoys.map((one) => ({ ...one, prompt: 'with oil pastels' }));
    expect(() => evaluationDocumentSchema.parse({ ...document, decoys: spelt })).toThrow(
      'only unrelated prompts',
    );
  });
});
