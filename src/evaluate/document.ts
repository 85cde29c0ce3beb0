import { z } from 'zod';
import { splitNames } from '../data/annotated-item.ts';
import type { Estimate, Interval } from '../metrics/intervals.ts';
import { verdicts } from './diagnosis.ts';
import { decoyKinds, type MeasuredDecoy, type Measurements } from './measurements.ts';
import { signatures } from './signatures.ts';

const fraction = z.number().min(0).max(1);
const count = z.number().int().min(0);

/** A 95 % interval. */
const interval = z.object({ low: fraction, high: fraction });

/** A value and its 95 % interval. */
const estimate = interval.extend({ value: fraction });

/** A score with a name of its own: balanced accuracy, sensitivity, pixel accuracy ... */
const measure = z.object({
  name: z.string(),
  baseline: estimate.nullable(),
  lp: estimate,
  up: estimate.nullable(),
});

const decoySchema = z
  .object({
    kind: z.enum(decoyKinds),
    /** How it differs from the key, in a word or two; null for an unrelated prompt. */
    change: z.string().nullable(),
    /** What it says; null for everything but unrelated prompts, for the rest would spell the key. */
    prompt: z.string().nullable(),
    value: fraction,
    n: count,
    /** Absent from documents of earlier versions, as of decoders and robustness. */
    interval: interval.optional(),
  })
  .refine(({ kind, prompt }) => kind === 'unrelated' || prompt === null, {
    path: ['prompt'],
    message: 'only unrelated prompts may be written down',
  });

const overlapSchema = z.object({
  /** Pictures of the same content, with the sides that they are on. */
  duplicates: z
    .array(
      z.object({
        hash: z.string(),
        files: z.array(z.object({ side: z.enum(splitNames), path: z.string() })).readonly(),
      }),
    )
    .readonly(),
  /** Groups, such as patients, on both sides, and how many pictures they have on each. */
  groups: z.object({ count, train: count, test: count }),
});

/**
 * What `evaluate`, `demo` and `lock --test` print: a locked model in numbers. Scores are fractions
 * in [0, 1]. It does not hold the key, nor prompts close to it; that a kind of near miss is there, and that the
 * unrelated prompts share no telling word with the key, is all that it says of it.
 */
export const evaluationDocumentSchema = z.object({
  task: z.string(),
  /** The name of the score: `accuracy`, `miou`. */
  metric: z.string(),
  /** Images of the test set. */
  n: count,
  /** Groups of them, such as patients, where some share one: intervals are over draws of groups then. */
  groups: count.optional(),
  /** The score of the best constant answer. */
  chance: fraction,
  /** The score of an unlocked model. */
  baseline: fraction.nullable(),
  /** The unlocked model's score on images edited with the key: what the edit itself takes away. */
  baselineEdited: fraction.nullable().optional(),
  /** Locked performance: on clean images. */
  lp: fraction,
  /** Unlocked performance: on images edited with the key; null when no key was given. */
  up: fraction.nullable(),
  decoys: z.array(decoySchema),
  decoders: z.array(z.object({ name: z.string(), value: fraction, interval: interval.optional() })),
  diagnosis: z.object({
    verdict: z.enum(verdicts),
    findings: z.array(
      z.object({ signature: z.enum(signatures), evidence: z.string(), tryThis: z.string() }),
    ),
  }),
  /** 95 % intervals over draws of images; absent from documents of earlier versions. */
  intervals: z
    .object({ baseline: interval.nullable(), lp: interval, up: interval.nullable() })
    .optional(),
  /** The class that sensitivity, specificity and AUROC among the measures are of, if they are. */
  positive: z.string().optional(),
  measures: z.array(measure).optional(),
  perClass: z
    .array(
      z.object({
        label: z.string(),
        n: count,
        /** null: the class does not occur. */
        baseline: fraction.nullable().optional(),
        lp: fraction.nullable(),
        up: fraction.nullable(),
        /** Of the class against all others. */
        measures: z.array(measure).optional(),
      }),
    )
    .optional(),
  /** UP after a JPEG of quality 95, and after one grey level of noise, on n images (or on all). */
  robustness: z
    .object({
      jpeg95: fraction,
      noise1: fraction,
      n: count.optional(),
      intervals: z.object({ jpeg95: interval, noise1: interval }).optional(),
    })
    .nullable()
    .optional(),
  /** Pictures that could not be read; absent unless they were to be left out. */
  skipped: z.array(z.string()).readonly().optional(),
  /** What the training side of the same set has as well; absent where there is none. */
  overlap: overlapSchema.optional(),
});

export type EvaluationDocument = z.infer<typeof evaluationDocumentSchema>;
export type DocumentedMeasure = z.infer<typeof measure>;
export type DocumentedDecoy = z.infer<typeof decoySchema>;

/** A wrong key that was tried. */
export interface PromptedDecoy extends MeasuredDecoy {
  /** What it says; null for everything but unrelated prompts. */
  readonly prompt: string | null;
}

/** Measured scores as a document has them: values, and their intervals beside them. */
export function scoresOf(
  measured: Omit<Measurements, 'decoys'> & { readonly decoys: readonly PromptedDecoy[] },
  /** Images that an unlock was tried on after a JPEG and noise. */
  tried: number,
): Omit<EvaluationDocument, 'task' | 'diagnosis'> {
  const { metric, n, chance, baseline, lp, up, decoys, decoders, robustness } = measured;
  return {
    metric,
    n,
    chance,
    baseline: baseline?.value ?? null,
    lp: lp.value,
    up: up?.value ?? null,
    decoys: decoys.map(({ low, high, ...decoy }) => ({ ...decoy, interval: { low, high } })),
    decoders: decoders.map(({ low, high, ...decoder }) => ({
      ...decoder,
      interval: { low, high },
    })),
    robustness: robustness && {
      jpeg95: robustness.jpeg95.value,
      noise1: robustness.noise1.value,
      n: tried,
      intervals: { jpeg95: endsOf(robustness.jpeg95), noise1: endsOf(robustness.noise1) },
    },
    intervals: { baseline: baseline && endsOf(baseline), lp: endsOf(lp), up: up && endsOf(up) },
  };
}

const endsOf = ({ low, high }: Estimate): Interval => ({ low, high });
