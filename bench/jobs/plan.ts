import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openEditor, version, type FineTuning, type Recipe } from '../../src/index.ts';
import { openCheckpoint } from '../../src/bundle/open-checkpoint.ts';
import type { RawConfig } from '../../src/nn/config.ts';
import { tuningFor } from '../../src/lock/tuning.ts';
import { modelsDir, subsetName, titleOf, type SetModel, type SetPlan } from '../data/sets.ts';
import type { LockJob, Pinned, TrainJob } from './job.ts';

const pocket = 'pocket';

/** As the library would tune it for so many pictures, but for what the set says. */
const tuningOf = ({ task, train, images, tuning }: SetPlan): FineTuning =>
  tuningFor(task ?? 'classification', Math.min(train ?? images, images), tuning);

/** A model of a set as it is now. */
export async function pinModel({ file, options }: SetModel): Promise<Pinned> {
  const reference = join(modelsDir(), file);
  const { identity } = await openCheckpoint(reference, { modelOptions: options });
  // Where it lies is nothing that decides what is measured.
  return { reference: file, hash: identity.hash, options };
}

/** The reference of a pinned model on this machine. */
export const referenceOf = ({ reference, options }: Pinned): string =>
  options ? join(modelsDir(), reference) : reference;

/** The embedded backbone and editor as they are now. */
export interface Pocket {
  readonly model: Pinned;
  readonly editor: LockJob['editor'];
}

export async function pinPocket(): Promise<Pocket & { readonly untrained: Pinned }> {
  const { identity, checkpoint } = await openCheckpoint(pocket);
  const editor = await openEditor(pocket);
  return {
    model: { reference: pocket, hash: identity.hash },
    untrained: { reference: pocket, hash: architectureHash(checkpoint.config) },
    editor: { reference: pocket, hash: editor.identity.hash, defaults: editor.defaults },
  };
}

/** What decides about a network whose weights are random: not which version of them is on board. */
function architectureHash(config: RawConfig): string {
  const architecture = JSON.stringify({ ...config, modellock_version: undefined });
  return createHash('sha256').update(architecture).digest('hex');
}

export interface TrainPlan {
  readonly set: SetPlan;
  readonly model: Pinned;
  readonly seed: number;
  readonly tuning?: Partial<FineTuning>;
  readonly fromScratch?: boolean;
}

/** A job without a lock; `called` tells it from others of the set and seed, for people. */
export function trainJob(plan: TrainPlan, called = 'baseline'): TrainJob {
  const { set, model, seed, tuning, fromScratch = false } = plan;
  return {
    kind: 'train',
    name: `${titleOf(set)} ${called} seed ${seed}`,
    ...(set.task ? { task: set.task } : {}),
    subset: subsetName(set),
    model,
    tuning: { ...tuningOf(set), ...tuning },
    fromScratch,
    seed,
    version,
  };
}

export interface LockPlan extends Pocket {
  readonly set: SetPlan;
  readonly recipe: Recipe;
  readonly keys: readonly LockJob['key'][];
  /** How many. */
  readonly seeds: number;
  /** Of the lock; `baselineTuning` of what it is compared with. */
  readonly tuning?: Partial<FineTuning>;
  readonly baselineTuning?: Partial<FineTuning>;
  readonly decoyImages: number | null;
}

/** The locks of one set with one recipe, one for each pair of a key and a seed. */
export function lockJobs(plan: LockPlan): LockJob[] {
  const { set, recipe, keys, seeds, model, editor, decoyImages } = plan;
  return pairsOf(keys.length, seeds, set.pairing).map(({ key, seed }) => ({
    kind: 'lock',
    name: `${titleOf(set)} ${recipe.name} key ${key + 1} seed ${seed}`,
    ...(set.task ? { task: set.task } : {}),
    subset: subsetName(set),
    model,
    editor,
    key: keys[key],
    recipe,
    tuning: { ...tuningOf(set), ...plan.tuning },
    baseline: trainJob({ set, model, seed, tuning: plan.baselineTuning }),
    decoyImages,
    seed,
    version,
  }));
}

/** Pairs of the number of a key and a seed, each value as often as the others, or nearly so. */
export function pairsOf(
  keys: number,
  seeds: number,
  pairing: SetPlan['pairing'],
): { key: number; seed: number }[] {
  const [count, keyOf] =
    pairing === 'crossed'
      ? [keys * seeds, (i: number): number => Math.floor(i / seeds)]
      : [Math.max(keys, seeds), (i: number): number => i % keys];
  return Array.from({ length: count }, (_, i) => ({ key: keyOf(i), seed: i % seeds }));
}
