import { counterRandom } from '../base/random/counter.ts';
import type { JobOptions } from '../base/job.ts';
import { stratified } from '../data/draw.ts';
import type { Dataset, Sample } from '../data/sample.ts';
import type { EditOptions, Editor } from '../editors/editor.ts';
import type { PromptReading } from '../editors/prompt-reading.ts';
import { keyedSeed, type Key } from '../key/key.ts';
import { evaluationDecoys } from '../key/decoys/decoys.ts';
import type { Estimate } from '../metrics/intervals.ts';
import { decodeImage, encodeImage } from '../platform/images.ts';
import type { Measures, Outcome } from '../tasks/tally.ts';
import type { Task } from '../tasks/task.ts';
import type { RgbImage } from '../tensor/image.ts';
import { decodeOutputs } from './decoders/decode.ts';
import { diagnose } from './diagnosis.ts';
import { scoresOf, type EvaluationDocument, type PromptedDecoy } from './document.ts';
import type { Measurements } from './measurements.ts';
import { compared, measuresWith, positiveClass } from './measures.ts';
import { counted, outcomesOf, untouched, type Answering, type Treatment } from './score.ts';

/** The key of a lock and what speaks it. */
export interface Unlocking extends PromptReading {
  readonly editor: Editor<RgbImage>;
  readonly options: EditOptions;
  readonly key: Key;
}

export interface EvaluateOptions<Label> extends JobOptions {
  readonly task: Task<Label>;
  readonly model: Answering;
  readonly dataset: Pick<Dataset<Label>, 'samples'>;
  /** Without it only what needs no key is measured. */
  readonly unlocking?: Unlocking;
  /** A model of the same kind without a lock. */
  readonly baseline?: Answering;
  /** Most images a decoy is scored on. Default 512. */
  readonly decoyImages?: number;
  /** Unrelated prompts to try. Default 8. */
  readonly unrelated?: number;
  /** The class whose sensitivity, specificity and AUROC are shown first. Default: the second of two. */
  readonly positive?: string;
  readonly seed: number;
}

const places = { decoders: 31, decoyItems: 32, noise: 33, secret: 34, interval: 35 } as const;

/** Measures a locked model: LP, UP, wrong keys, what its outputs give away, robustness. */
export async function evaluate<Label>(
  options: EvaluateOptions<Label>,
): Promise<EvaluationDocument> {
  const { task, model, dataset, baseline, unlocking, seed, signal } = options;
  const { samples } = dataset;
  const wrong = unlocking ? await wrongKeys(options, unlocking) : [];
  const measure = measurer(options, wrong.length);
  // Before the long part, not after it.
  const positive = positiveClass(model.labels, options.positive);

  const models = baseline ? [model, baseline] : [model];
  const [locked, plain] = await measure(samples, untouched, models);
  const [opened, plainEdited] = unlocking
    ? await measure(samples, editedWith(unlocking, signal), models)
    : [];
  const decoders = locked.readable
    ? decodeOutputs(locked.readable, counterRandom(seed, places.decoders))
    : [];
  const few = stratified(
    samples,
    ({ stratum }) => stratum,
    options.decoyImages ?? 512,
    seed + places.decoyItems,
  );
  // The same draws for all, so that they can be compared.
  const estimateOf = (outcome: Outcome): Estimate => ({
    value: outcome.score,
    ...outcome.interval(counterRandom(seed, places.interval)),
  });
  const decoys: PromptedDecoy[] = [];
  for (const { kind, change, prompt, key, options: edit } of wrong) {
    const { editor } = unlocking!;
    const treatment = editedWith({ editor, key, options: edit }, signal);
    const [outcome] = await measure(few, treatment);
    decoys.push({ kind, change, prompt, n: outcome.n, ...estimateOf(outcome) });
  }
  const [jpeg95] = unlocking ? await measure(few, throughJpeg(editedWith(unlocking, signal))) : [];
  const [noise1] = unlocking
    ? await measure(few, withNoise(editedWith(unlocking, signal), seed))
    : [];

  const measured = {
    metric: task.metric,
    n: locked.n,
    chance: locked.chance,
    leastConstant: locked.leastConstant,
    baseline: plain ? estimateOf(plain) : null,
    lp: estimateOf(locked),
    up: opened ? estimateOf(opened) : null,
    decoys,
    decoders,
    robustness:
      jpeg95 && noise1 ? { jpeg95: estimateOf(jpeg95), noise1: estimateOf(noise1) } : null,
  } satisfies Measurements;
  const { verdict, findings } = diagnose(measured);
  const measuresOf = (outcome: Outcome): Measures =>
    outcome.measures(counterRandom(seed, places.interval));
  const estimates = {
    baseline: plain && measuresOf(plain),
    lp: measuresOf(locked),
    up: opened && measuresOf(opened),
  };
  return {
    task: task.name,
    ...scoresOf(measured, few.length),
    ...(locked.clusters < locked.n ? { groups: locked.clusters } : {}),
    baselineEdited: plainEdited?.score ?? null,
    diagnosis: { verdict, findings: [...findings] },
    ...(positive === undefined ? {} : { positive: model.labels[positive] }),
    measures: compared(estimates, (measures) => measuresWith(measures, positive)),
    perClass: model.labels.map((label, c) => ({
      label,
      n: locked.perClass[c].n,
      ...(plain ? { baseline: plain.perClass[c].score } : {}),
      lp: locked.perClass[c].score,
      up: opened?.perClass[c].score ?? null,
      measures: compared(estimates, ({ perClass }) => perClass.at(c)),
    })),
  };
}

type Measure<Label> = (
  samples: readonly Sample<Label>[],
  treatment: Treatment,
  models?: readonly Answering[],
) => Promise<Outcome[]>;

/** Answers, counted towards one progress bar for the whole evaluation. */
function measurer<Label>(options: EvaluateOptions<Label>, decoys: number): Measure<Label> {
  const { task, model, dataset, unlocking } = options;
  const n = dataset.samples.length;
  const few = Math.min(n, options.decoyImages ?? 512);
  const counting = counted(options, n * (unlocking ? 2 : 1) + few * (decoys && decoys + 2));
  return (samples, treatment, models = [model]) =>
    outcomesOf(task, models, samples, treatment, counting);
}

/** Pictures edited with a key, blended as the lock wants it. */
export function editedWith(
  { editor, key, options }: Pick<Unlocking, 'editor' | 'key' | 'options'>,
  signal: AbortSignal | undefined,
): Treatment {
  return (images) => editor.edit(images, key, options, { signal });
}

function throughJpeg(edit: Treatment): Treatment {
  return async (images) =>
    Promise.all(
      (await edit(images)).map(async (image) =>
        decodeImage(await encodeImage(image, { kind: 'jpeg', quality: 95 }), 'a JPEG of an edit'),
      ),
    );
}

/** Every value one grey level up or down: what another machine's rounding may do. */
function withNoise(edit: Treatment, seed: number): Treatment {
  // By the place among all pictures: how they are grouped is a matter of memory.
  let place = 0;
  return async (images) =>
    (await edit(images)).map((image) => {
      const random = counterRandom(seed, places.noise, place++);
      const data = image.data.map((value) =>
        Math.min(255, Math.max(0, value + random.integer(3) - 1)),
      );
      return { ...image, data };
    });
}

interface WrongKey extends Pick<PromptedDecoy, 'kind' | 'change' | 'prompt'> {
  readonly key: Key;
  readonly options: EditOptions;
}

/** Everything that is nearly the key and must not unlock. */
async function wrongKeys(
  { seed, unrelated }: Pick<EvaluateOptions<unknown>, 'seed' | 'unrelated'>,
  { key, options, same, fits }: Unlocking,
): Promise<WrongKey[]> {
  const prompts = evaluationDecoys(key.prompt, same, await keyedSeed(key, seed), unrelated)
    .filter(({ prompt }) => fits(prompt))
    .map(({ kind, change, prompt }): WrongKey => ({
      kind,
      change,
      // A near miss spells the key and is never written down.
      prompt: kind === 'unrelated' ? prompt : null,
      key: { ...key, prompt },
      options,
    }));
  const secret: WrongKey[] = key.secret
    ? [
        {
          kind: 'wrong-secret',
          change: 'secret',
          prompt: null,
          key: { ...key, secret: otherSecret(key.secret, seed) },
          options,
        },
      ]
    : [];
  const weak = [0.25, 0.5].map((share): WrongKey => {
    const alpha = share * options.alpha;
    const change = `alpha ${alpha.toFixed(3).replace(/0+$/, '')}`;
    return { kind: 'small-alpha', change, prompt: null, key, options: { ...options, alpha } };
  });
  return [...prompts, ...secret, ...weak];
}

/** A wrong secret, the same one whenever the evaluation is repeated. */
function otherSecret({ length }: Uint8Array, seed: number): Uint8Array {
  const random = counterRandom(seed, places.secret);
  return Uint8Array.from({ length }, () => random.integer(256));
}
