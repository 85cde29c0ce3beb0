import {
  evaluationText,
  fileError,
  metricName,
  overlapSentences,
  perClassText,
  plain,
  plainScoreText,
  type EvaluationDocument,
  type Overlap,
  type PlainScore,
  type TrainResult,
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
  return print(classes ? `${text}\n${perClassText(document, { width })}` : text);
}

/** The score of a plain model for people. */
export const printScore = (score: PlainScore): Promise<void> =>
  print(plainScoreText(score, { width: process.stdout.columns ?? 100 }));

interface Training {
  readonly bundle: string;
  readonly metric: string;
  /** null without a test set. */
  readonly score: number | null;
  readonly measures: TrainResult['measures'];
}

/** What was trained, and how good it is, for people. */
export async function printTraining(
  samples: string,
  { bundle, metric, score, measures }: Training,
): Promise<void> {
  const tested =
    score === null ? '' : `, ${metricName(metric)} ${(100 * score).toFixed(2)} % on the test set`;
  await print(`Trained on ${samples}${tested}: ${bundle}`);
  const others = Object.entries(measures ?? {}).map(([name, { value, low, high }]) => {
    const [part, least, most] = [value, low, high].map((share) => (100 * share).toFixed(1));
    return `${name} ${part} % (${least} – ${most})`;
  });
  if (others.length > 0) await print(`Other measures: ${others.join(', ')}`);
}

/** Something and its likeliest classes, in a line. */
export function classList(
  what: string,
  classes: readonly { readonly label: string; readonly probability: number }[],
): string {
  const list = classes.map(
    ({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`,
  );
  return plain(`${what}: ${list.join(', ')}`);
}

/** Counts and lists what was left out, on stderr. */
export function reportSkipped(
  paths: readonly string[],
  what = 'pictures',
  problem = 'cannot be read',
): void {
  if (paths.length === 0) return;
  console.error(`modellock: ${paths.length} of the ${what} ${problem} and are left out:`);
  for (const path of paths) console.error(`  ${plain(path)}`);
}

/** Files that are listed of many. */
const listed = 5;

/** Warns of what is both learnt from and tested with, on stderr. */
export function reportOverlap(overlap: Overlap | null): void {
  if (!overlap) return;
  for (const sentence of overlapSentences(overlap)) console.error(`modellock: ${sentence}`);
  const { duplicates } = overlap;
  for (const { files } of duplicates.slice(0, listed)) {
    console.error(`  ${plain(files.map(({ side, path }) => `${path} (${side})`).join(' = '))}`);
  }
  if (duplicates.length > listed) console.error(`  and ${duplicates.length - listed} more`);
}
