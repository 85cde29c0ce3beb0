import { ModelLockError } from '../../base/error.ts';
import type { JobOptions } from '../../base/job.ts';
import { requireSeed } from '../../base/random/seed.ts';
import type { TextCheckpoint } from '../../bundle/text-checkpoint.ts';
import type { ColumnNames } from '../../data/csv-columns.ts';
import { limited } from '../../data/draw.ts';
import { requireSeparate, sharedGroups, sharedGroupsText } from '../../data/overlap.ts';
import { cutNotice, encodeTexts } from '../../data/text/encode.ts';
import { holdBackTexts } from '../../data/text/hold-back.ts';
import { readTexts, type LabelledText, type TextDataset } from '../../data/text/read-texts.ts';
import { requireLimit, requireTwoClasses, splitAlready } from '../data-sets.ts';

/** Where texts come from. */
export interface TextDataOptions extends Pick<JobOptions, 'onNotice'> {
  /** A CSV or TSV file with columns of texts and labels, split into sides or not. */
  readonly data: string;
  /** Default: the test or validation side of `data`, if there is one. */
  readonly test?: string;
  /** Tests with this share of a file that is not split, no group and no text on both sides. */
  readonly testShare?: number;
  /** Goes on where a group is on both sides of a split. */
  readonly allowSharedGroups?: boolean;
  /** Columns that have other names than usual. */
  readonly columns?: ColumnNames | undefined;
  /** Most texts to train on, or to test with where nothing is trained. */
  readonly limit?: number;
  readonly seed: number;
  /** Leaves out lines without a text, instead of stopping at the first. */
  readonly skipBad?: boolean;
}

export interface TextSets {
  readonly classes: readonly string[];
  readonly train: readonly LabelledText[];
  readonly test: readonly LabelledText[] | undefined;
  /** What a reader of the score must know, see `textOverlap`. */
  readonly overlap: readonly string[];
  /** Lines left out. */
  readonly skipped: readonly string[];
}

/**
 * The texts of a training.
 *
 * @param known the classes of the model, whose order is kept where the data's are the same.
 */
export async function openTextSets(
  options: TextDataOptions,
  known: readonly string[],
): Promise<TextSets> {
  const { data, limit, seed } = options;
  requireSeed(seed);
  // A training side is always there.
  const { classes: own } = (await readTexts(data, 'train', options))!;
  const classes = sameClasses(own, known) ? known : own;
  const { whole, train, test, skipped } = await sidesOf(options, classes);
  requireTwoClasses(whole.classes, data);
  requireEveryClass({ ...whole, samples: train }, data);
  requireLimit(limit, whole.classes, 'texts');
  if (!options.allowSharedGroups) requireSeparate(train, test ?? [], 'texts');
  const trained = drawn(train, limit, seed);
  return { classes, train: trained, test, overlap: textOverlap(trained, test ?? []), skipped };
}

interface Sides extends Pick<TextSets, 'train' | 'test' | 'skipped'> {
  readonly whole: TextDataset;
}

/** What is to be learnt, and what is to be tested with. */
async function sidesOf(options: TextDataOptions, classes: readonly string[]): Promise<Sides> {
  const { data, test, testShare, seed } = options;
  const ofModel = { ...options, classes };
  const whole = (await readTexts(data, 'train', ofModel))!;
  const tested = await (test === undefined
    ? readTexts(data, 'test', ofModel)
    : readTexts(test, 'scored', ofModel));
  const skipped = [...new Set([...whole.skipped, ...(tested?.skipped ?? [])])];
  if (testShare === undefined) {
    return { whole, train: whole.samples, test: tested?.samples, skipped };
  }
  if (tested) throw splitAlready(test ?? data);
  return { whole, ...holdBackTexts(whole.samples, testShare, seed, options), skipped };
}

export interface TestTexts extends TextDataset {
  /** The training side of the same file, where it has one: what a model may have seen. */
  readonly known: readonly LabelledText[];
}

/** The texts to test a model with: a side of a file, the share that a training holds back, or all. */
export async function openTestTexts(
  options: Omit<TextDataOptions, 'test'>,
  classes: readonly string[],
): Promise<TestTexts> {
  const { data, testShare, seed } = options;
  requireSeed(seed);
  const ofModel = { ...options, classes, allowOrder: true };
  const kept = await readTexts(data, 'test', ofModel);
  if (kept) {
    if (testShare !== undefined) throw splitAlready(data);
    // The classes of what is only compared do not matter.
    const trained = await readTexts(data, 'train', options);
    return { ...kept, known: trained!.samples };
  }
  // There is always something to be scored.
  const whole = (await readTexts(data, 'scored', ofModel))!;
  if (testShare === undefined) return { ...whole, known: [] };
  const { train, test } = holdBackTexts(whole.samples, testShare, seed, options);
  return { ...whole, samples: test, known: train };
}

/** What both sides of a split have, in a sentence each; none where all is well. */
export function textOverlap(
  train: readonly LabelledText[],
  test: readonly LabelledText[],
): string[] {
  const groups = sharedGroups(train, test);
  const trained = new Set(train.map(({ text }) => text));
  const shared = test.filter(({ text }) => trained.has(text)).length;
  return [
    ...(groups.count > 0
      ? [`${sharedGroupsText(groups, 'texts')}, so the score says little about new ones`]
      : []),
    ...(shared > 0
      ? [
          `${shared} of the ${test.length} test texts are training texts as well, so the score promises too much`,
        ]
      : []),
  ];
}

/** Whether classes are the same, in whatever order and however their accents are written. */
function sameClasses(some: readonly string[], others: readonly string[]): boolean {
  const names = (classes: readonly string[]): string[] =>
    classes.map((name) => name.normalize('NFC')).sort();
  return JSON.stringify(names(some)) === JSON.stringify(names(others));
}

/** At most `limit` of some texts, every class with its share. */
export const drawn = (
  samples: readonly LabelledText[],
  limit: number | undefined,
  seed: number,
): readonly LabelledText[] =>
  limit === undefined ? samples : limited(samples, ({ label }) => label, limit, seed);

/** Throws `data` for a class without a text. */
function requireEveryClass({ classes, samples }: TextDataset, data: string): void {
  const found = new Set(samples.map(({ label }) => label));
  const empty = classes.find((_, label) => !found.has(label));
  if (empty === undefined) return;
  throw new ModelLockError('data', `no text of class "${empty}" in ${data} is to be trained on`);
}

/** The ids of texts as a model takes them; tells where some were cut. */
export function encodedFor(
  { tokenizer, maxTokens }: TextCheckpoint,
  texts: readonly string[],
  { onNotice }: { readonly onNotice?: ((text: string) => void) | undefined },
  what?: string,
): readonly (readonly number[])[] {
  const encoded = encodeTexts(tokenizer, texts, maxTokens);
  const notice = cutNotice(encoded, maxTokens, what);
  if (notice !== undefined) onNotice?.(notice);
  return encoded.ids;
}
