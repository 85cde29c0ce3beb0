import { counterRandom } from '../base/random/counter.ts';
import type { JobOptions } from '../base/job.ts';
import { stratified, type ImageDataset, type ImageItem } from '../data/image-folder.ts';
import type { EditOptions, Editor } from '../editors/editor.ts';
import type { Key } from '../key/key.ts';
import { evaluationDecoys, type SameKey } from '../key/decoys/decoys.ts';
import { decodeImage, encodeImage } from '../platform/images.ts';
import { classification } from '../tasks/classification.ts';
import type { RgbImage } from '../tensor/image.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { decodeOutputs } from './decoders/decode.ts';
import { diagnose } from './diagnosis.ts';
import type { DocumentedDecoy, EvaluationDocument } from './document.ts';
import {
  accuracyOf,
  answers,
  recallsOf,
  untouched,
  type Answering,
  type Treatment,
} from './score.ts';

/** The key of a lock and what speaks it. */
export interface Unlocking {
  readonly editor: Editor<RgbImage>;
  readonly options: EditOptions;
  readonly key: Key;
  /** Whether two prompts are the same key to the editor. */
  readonly same: SameKey;
  /** Whether the editor reads a prompt to its end. */
  readonly fits: (prompt: string) => boolean;
}

export interface EvaluateOptions extends JobOptions {
  readonly model: Answering;
  readonly dataset: ImageDataset;
  /** Without it only what needs no key is measured. */
  readonly unlocking?: Unlocking;
  /** A model of the same kind without a lock. */
  readonly baseline?: Answering;
  /** Most images a decoy is scored on. Default 512. */
  readonly decoyImages?: number;
  /** Unrelated prompts to try. Default 8. */
  readonly unrelated?: number;
  readonly seed: number;
}

const place = { decoders: 31, decoyItems: 32, noise: 33, secret: 34 } as const;

/** Measures a locked model: LP, UP, wrong keys, what its outputs give away, robustness. */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationDocument> {
  const { model, dataset, baseline, unlocking, seed } = options;
  const { items } = dataset;
  const classes = model.labels.length;
  const truth = items.map((item) => item.label);
  const measure = measurer(options);

  const locked = await measure(items, untouched);
  const plain = baseline && (await measure(items, untouched, baseline));
  const opened = unlocking && (await measure(items, editedWith(unlocking)));
  const decoders =
    items.length >= 4 ? decodeOutputs(locked, truth, counterRandom(seed, place.decoders)) : [];
  const decoyItems = stratified(
    items,
    classes,
    options.decoyImages ?? 512,
    seed + place.decoyItems,
  );
  const decoys = unlocking ? await scoreDecoys(options, unlocking, decoyItems, measure) : [];
  const robustness = unlocking
    ? {
        jpeg95: accuracyOf(await measure(decoyItems, throughJpeg(unlocking)), decoyItems),
        noise1: accuracyOf(await measure(decoyItems, withNoise(unlocking, seed)), decoyItems),
        n: decoyItems.length,
      }
    : null;

  const score = (logits: Tensor<'float32'> | undefined): number | null =>
    logits ? accuracyOf(logits, items) : null;
  const measured = {
    metric: classification.metric,
    n: items.length,
    chance: classification.chance(truth, classes),
    baseline: score(plain),
    lp: accuracyOf(locked, items),
    up: score(opened),
    decoys,
    decoders,
    robustness,
  };
  const recalls = [locked, plain, opened].map(
    (logits) => logits && recallsOf(logits, items, classes),
  );
  return {
    task: classification.name,
    ...measured,
    diagnosis: diagnosis({ ...measured, leastConstant: leastShare(truth, classes) }),
    perClass: model.labels.map((label, c) => ({
      label,
      n: truth.filter((t) => t === c).length,
      ...(recalls[1] ? { baseline: recalls[1][c] } : {}),
      lp: recalls[0]![c],
      up: recalls[2]?.[c] ?? null,
    })),
  };
}

function diagnosis(measured: Parameters<typeof diagnose>[0]): EvaluationDocument['diagnosis'] {
  const { verdict, findings } = diagnose(measured);
  return { verdict, findings: [...findings] };
}

type Measure = (
  items: readonly ImageItem[],
  treatment: Treatment,
  model?: Answering,
) => Promise<Tensor<'float32'>>;

/** Answers, counted towards one progress bar for the whole evaluation. */
function measurer(options: EvaluateOptions): Measure {
  const { model, dataset, baseline, unlocking, signal, onProgress } = options;
  const n = dataset.items.length;
  const few = Math.min(n, options.decoyImages ?? 512);
  const decoys = unlocking ? wrongKeys(options, unlocking).length : 0;
  const total = n * (1 + (baseline ? 1 : 0) + (unlocking ? 1 : 0)) + few * (decoys && decoys + 2);
  let done = 0;
  return (items, treatment, answering = model) =>
    answers(answering, items, treatment, {
      signal,
      onProgress: (images) => {
        done += images;
        onProgress?.({ stage: 'evaluate', done, total: Math.max(total, done), unit: 'images' });
      },
    });
}

/** Pictures edited with a key, blended as the lock wants it. */
export function editedWith({
  editor,
  key,
  options,
}: Pick<Unlocking, 'editor' | 'key' | 'options'>): Treatment {
  return (images) => editor.edit(images, key, options);
}

function throughJpeg(unlocking: Unlocking): Treatment {
  const edit = editedWith(unlocking);
  return async (images) =>
    Promise.all(
      (await edit(images)).map(async (image) =>
        decodeImage(await encodeImage(image, { kind: 'jpeg', quality: 95 }), 'a JPEG of an edit'),
      ),
    );
}

/** Every value one grey level up or down: what another machine's rounding may do. */
function withNoise(unlocking: Unlocking, seed: number): Treatment {
  const edit = editedWith(unlocking);
  return async (images) =>
    (await edit(images)).map((image, i) => {
      const random = counterRandom(seed, place.noise, i);
      const data = image.data.map((value) =>
        Math.min(255, Math.max(0, value + random.integer(3) - 1)),
      );
      return { ...image, data };
    });
}

interface WrongKey extends Pick<DocumentedDecoy, 'kind' | 'change' | 'prompt'> {
  readonly key: Key;
  readonly options: EditOptions;
}

/** Everything that is nearly the key and must not unlock. */
function wrongKeys(
  { seed, unrelated }: EvaluateOptions,
  { key, options, same, fits }: Unlocking,
): WrongKey[] {
  const prompts = evaluationDecoys(key.prompt, same, seed, unrelated)
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
  const random = counterRandom(seed, place.secret);
  return Uint8Array.from({ length }, () => random.integer(256));
}

async function scoreDecoys(
  options: EvaluateOptions,
  unlocking: Unlocking,
  items: readonly ImageItem[],
  measure: Measure,
): Promise<DocumentedDecoy[]> {
  const scored: DocumentedDecoy[] = [];
  for (const { kind, change, prompt, key, options: edit } of wrongKeys(options, unlocking)) {
    const logits = await measure(items, editedWith({ ...unlocking, key, options: edit }));
    scored.push({ kind, change, prompt, value: accuracyOf(logits, items), n: items.length });
  }
  return scored;
}

/** The share of the rarest class: what the worst constant answer scores. */
function leastShare(truth: readonly number[], classes: number): number {
  const counts = Array.from({ length: classes }, (_, c) => truth.filter((t) => t === c).length);
  return Math.min(...counts) / truth.length;
}
