import { evaluationText, perClassText, type EvaluationDocument } from '../index.ts';

/** One JSON document on stdout. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** An evaluation for people. */
export function printEvaluation(document: EvaluationDocument, classes = false): void {
  const width = process.stdout.columns ?? 100;
  const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  console.log(evaluationText(document, { width, colour }));
  if (classes) console.log(perClassText(document, { width, colour }));
}
