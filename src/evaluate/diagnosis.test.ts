import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from './diagnosis.ts';
import { evaluationDocumentSchema } from './document.ts';
import type { MeasuredDecoy, Measurements } from './measurements.ts';

const healthy: Measurements = {
  metric: 'accuracy',
  chance: 0.1,
  leastConstant: 0.1,
  baseline: 0.82,
  lp: 0.112,
  up: 0.815,
  decoys: [
    ...unrelated(0.1, 0.12, 0.09, 0.13),
    { kind: 'near-miss', change: 'synonym', value: 0.2, n: 512 },
    { kind: 'near-miss', change: 'word dropped', value: 0.16, n: 512 },
    { kind: 'near-miss', change: 'plural', value: 0.7, n: 512 },
    { kind: 'wrong-secret', change: null, value: 0.12, n: 512 },
    { kind: 'small-alpha', change: 'alpha 0.1', value: 0.12, n: 512 },
  ],
  decoders: [
    { name: 'logistic-regression', value: 0.13 },
    { name: 'least-likely', value: 0.09 },
  ],
  robustness: { jpeg95: 0.81, noise1: 0.815 },
  n: 2000,
};

function unrelated(...values: number[]): MeasuredDecoy[] {
  return values.map((value) => ({ kind: 'unrelated', change: null, value, n: 512 }));
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
    expect(diagnose({ ...locked, lp: 0.3 }).verdict).toBe('insufficient-locking');
  });

  test.each<[string, Partial<Measurements>, string[]]>([
    ['clean images are recognised', { lp: 0.24 }, ['insufficient-locking']],
    [
      'the key opens at small alpha',
      { decoys: [{ kind: 'small-alpha', change: 'alpha 0.25', value: 0.6, n: 512 }] },
      ['insufficient-locking'],
    ],
    ['UP is far below the baseline', { up: 0.75, robustness: null }, ['over-locking']],
    [
      'the key opens nothing',
      { up: 0.11, baseline: null, robustness: null, decoys: [] },
      ['over-locking'],
    ],
    [
      'a decoder reads the labels',
      { decoders: [{ name: 'least-likely', value: 0.29 }] },
      ['leaking-outputs'],
    ],
    ['the truth is avoided', { lp: 0.03 }, ['leaking-outputs']],
    ['any prompt opens', { decoys: unrelated(0.5, 0.55, 0.6) }, ['unspecific-key']],
    [
      'near misses open',
      {
        decoys: [
          { kind: 'near-miss', change: 'synonym', value: 0.43, n: 512 },
          { kind: 'near-miss', change: 'word added', value: 0.4, n: 512 },
        ],
      },
      ['unspecific-key'],
    ],
    [
      'a wrong secret opens',
      { decoys: [{ kind: 'wrong-secret', change: null, value: 0.8, n: 512 }] },
      ['unspecific-key'],
    ],
    [
      'one prompt of many opens',
      { decoys: unrelated(0.05, 0.1, 0.1, 0.1, 0.05, 0.08, 0.1, 0.07, 0.1, 0.1, 0.1, 0.1, 0.5) },
      ['inconsistent'],
    ],
    ['a JPEG shuts it', { robustness: { jpeg95: 0.6, noise1: 0.81 } }, ['fragile']],
  ])('%s', (_, changed, expected) => {
    expect(signaturesOf(changed)).toEqual(expected);
  });

  test('the gravest of several failures is the verdict', () => {
    const { verdict, findings } = diagnose({
      ...healthy,
      lp: 0.4,
      decoys: unrelated(0.5, 0.5),
      robustness: { jpeg95: 0.5, noise1: 0.5 },
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
    const [finding] = diagnose({ ...healthy, lp: 0.24 }).findings;
    expect(finding.evidence).toContain(
      '24.0 % accuracy, 14.0 points above chance (10.0 %; n = 2000)',
    );
    const [cost] = diagnose({ ...healthy, up: 0.75, robustness: null }).findings;
    expect(cost.evidence).toContain('75.0 %, 7.0 points below the baseline of 82.0 %');
  });

  test('differences within sampling error are no findings', () => {
    // 16 % of 50 images, with chance at 10 %: 6 points, and its interval begins at 8 %.
    expect(signaturesOf({ lp: 0.16, n: 50 })).toEqual([]);
    expect(signaturesOf({ lp: 0.16, n: 2000 })).toEqual(['insufficient-locking']);
    expect(signaturesOf({ up: 0.78, n: 100 })).toEqual([]);
    expect(signaturesOf({ lp: 0.04, n: 40 })).toEqual([]);
    const robustness = { jpeg95: 0.77, noise1: 0.81 };
    expect(signaturesOf({ robustness: { ...robustness, n: 256 } })).toEqual([]);
    expect(signaturesOf({ robustness })).toEqual(['fragile']);
  });

  test('unbalanced sets: below chance is no leak without the rarest share to compare with', () => {
    const majority = { chance: 0.6, lp: 0.4, decoders: [], decoys: [], leastConstant: undefined };
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
        rises((lp) => ({ lp }), 'insufficient-locking');
        rises((value) => ({ decoders: [{ name: 'second-best', value }] }), 'leaking-outputs');
        rises((value) => ({ decoys: unrelated(value, value) }), 'unspecific-key');
      }),
    );
  });
});

describe('the evaluation document', () => {
  const document = {
    ...healthy,
    task: 'classification',
    decoys: healthy.decoys.map((decoy) => ({
      ...decoy,
      prompt: decoy.kind === 'unrelated' ? 'with neon signs' : null,
    })),
    diagnosis: diagnose(healthy),
  };

  test('takes a diagnosis as it comes', () => {
    expect(evaluationDocumentSchema.parse(document).diagnosis.verdict).toBe('healthy');
  });

  test('refuses prompts that spell the key', () => {
    const decoys = document.decoys.map((decoy) => ({ ...decoy, prompt: 'with oil pastels' }));
    expect(() => evaluationDocumentSchema.parse({ ...document, decoys })).toThrow(
      'only unrelated prompts',
    );
  });
});
