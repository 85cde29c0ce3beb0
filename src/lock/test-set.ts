import type { JobOptions } from '../base/job.ts';
import { requireSeed } from '../base/random/seed.ts';
import { limited } from '../data/draw.ts';
import { holdBack } from '../data/hold-back.ts';
import { findOverlap } from '../data/overlap.ts';
import { PictureFiles } from '../data/picture-files.ts';
import type { Sample } from '../data/sample.ts';
import type { Task } from '../tasks/task.ts';
import {
  looking,
  readable,
  splitAlready,
  type DataSets,
  type OpeningOptions,
} from './data-sets.ts';

/** `classes` are the model's. */
export interface TestSetOptions extends Omit<OpeningOptions, 'test' | 'allowSharedGroups'> {
  readonly classes: readonly string[];
}

export interface TestSet<Label> extends Pick<DataSets<Label>, 'overlap' | 'skipped'> {
  readonly samples: readonly Sample<Label>[];
  /** The classes as the data set calls them. */
  readonly ownClasses: readonly string[];
}

/** The pictures to test a model with, each looked at once, so that a bad one stops the job at the start. */
export async function openTestSet<Label>(
  task: Task<Label>,
  options: TestSetOptions,
  job: JobOptions,
): Promise<TestSet<Label>> {
  const { limit, seed } = options;
  requireSeed(seed);
  const { known, test, ownClasses } = await sidesOf(task, options, job);
  const drawn = limit === undefined ? test : limited(test, ({ stratum }) => stratum, limit, seed);
  const { good, skipped } = await readable(drawn, looking(task), options, job);
  const overlap = known ? await findOverlap(known, good, job) : null;
  return { samples: good, ownClasses, overlap, skipped };
}

interface Sides<Label> extends Pick<TestSet<Label>, 'ownClasses'> {
  readonly test: readonly Sample<Label>[];
  /** The training side of the same set, where it has one: what a model may have seen. */
  readonly known: readonly Sample<Label>[] | undefined;
}

async function sidesOf<Label>(
  task: Task<Label>,
  { data, testShare, seed, reading, classes, passedOver }: TestSetOptions,
  { onNotice }: JobOptions,
): Promise<Sides<Label>> {
  const ofAll = { ...reading, files: new PictureFiles(reading?.viewing), passedOver, onNotice };
  const ofModel = { ...ofAll, classes, allowOrder: true };
  const kept = await task.read(data, 'test', ofModel);
  if (kept) {
    if (testShare !== undefined) throw splitAlready(data);
    // The classes of what is only compared do not matter.
    const trained = await task.read(data, 'train', ofAll);
    return { test: kept.samples, known: trained!.samples, ownClasses: kept.ownClasses ?? classes };
  }
  // There is always something to be scored.
  const { samples, ownClasses = classes } = (await task.read(data, 'scored', ofModel))!;
  if (testShare === undefined) return { test: samples, known: undefined, ownClasses };
  const { train, test } = holdBack(samples, { share: testShare, seed, root: data, onNotice });
  return { test, known: train, ownClasses };
}
