import { diagnose } from '../../evaluate/diagnosis.ts';
import { evaluationDocumentSchema, type EvaluationDocument } from '../../evaluate/document.ts';
import type { Measurements } from '../../evaluate/measurements.ts';
import { wilsonInterval, type Estimate } from '../../metrics/intervals.ts';

type Numbers = Pick<
  EvaluationDocument,
  'metric' | 'n' | 'chance' | 'baseline' | 'lp' | 'up' | 'decoys' | 'decoders' | 'robustness'
>;

/** An evaluation with made-up numbers. */
export function sampleDocument(changes: Partial<EvaluationDocument> = {}): EvaluationDocument {
  const measured: Numbers = {
    metric: 'accuracy',
    n: 1000,
    chance: 0.1,
    baseline: 0.823,
    lp: 0.113,
    up: 0.817,
    decoys: [
      { kind: 'unrelated', change: null, prompt: 'as a bronze statue', value: 0.123, n: 512 },
      { kind: 'unrelated', change: null, prompt: 'under heavy snow', value: 0.094, n: 512 },
      { kind: 'near-miss', change: 'word dropped', prompt: null, value: 0.162, n: 512 },
      { kind: 'near-miss', change: 'typo', prompt: null, value: 0.402, n: 512 },
      { kind: 'wrong-secret', change: null, prompt: null, value: 0.119, n: 512 },
      { kind: 'small-alpha', change: 'alpha 0.25', prompt: null, value: 0.204, n: 512 },
    ],
    decoders: [
      { name: 'logistic-regression', value: 0.126 },
      { name: 'least-likely', value: 0.094 },
    ],
    robustness: { jpeg95: 0.811, noise1: 0.816 },
    ...changes,
  };
  return evaluationDocumentSchema.parse({
    task: 'classification',
    perClass: [
      { label: 'bullfrog', n: 500, baseline: 0.8, lp: 0.12, up: 0.79 },
      { label: 'trilobite', n: 500, baseline: 0.85, lp: 0.1, up: 0.84 },
    ],
    diagnosis: diagnose(measurementsOf(measured)),
    ...measured,
  });
}

/** A document's numbers as they were measured, each of as many images as it says. */
function measurementsOf(document: Numbers): Measurements {
  const { baseline, lp, up, decoys, decoders, robustness, n } = document;
  const of = (value: number, images = n): Estimate => ({
    value,
    ...wilsonInterval(value, images),
  });
  return {
    ...document,
    baseline: baseline === null ? null : of(baseline),
    lp: of(lp),
    up: up === null ? null : of(up),
    decoys: decoys.map((decoy) => ({ ...decoy, ...of(decoy.value, decoy.n) })),
    decoders: decoders.map((decoder) => ({ ...decoder, ...of(decoder.value) })),
    robustness: robustness
      ? { jpeg95: of(robustness.jpeg95), noise1: of(robustness.noise1) }
      : null,
  };
}
