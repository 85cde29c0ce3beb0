import {
  evaluationText,
  fileError,
  perClassText,
  plain,
  type EvaluationDocument,
} from '../index.ts';

/** A result on stdout. Throws `io` where it cannot be written: a full disk, a closed pipe. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => {
      if (error) reject(fileError('write', 'the result', error));
      else resolve();
    });
  });
}

/** One JSON document on stdout. */
export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value, null, 2));
}

/** An evaluation for people. */
export function printEvaluation(document: EvaluationDocument, classes = false): Promise<void> {
  const width = process.stdout.columns ?? 100;
  const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const text = evaluationText(document, { width, colour });
  return print(classes ? `${text}\n${perClassText(document, { width, colour })}` : text);
}

/** Counts and lists the pictures that were left out, on stderr. */
export function reportSkipped(paths: readonly string[]): void {
  if (paths.length === 0) return;
  console.error(`modellock: ${paths.length} of the pictures cannot be read and are left out:`);
  for (const path of paths) console.error(`  ${plain(path)}`);
}
