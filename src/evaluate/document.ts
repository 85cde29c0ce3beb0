import { z } from 'zod';
import { decoyKinds } from './measurements.ts';
import { signatures } from './signatures.ts';

const fraction = z.number().min(0).max(1);
const count = z.number().int().min(0);

/** A 95 % interval. */
const interval = z.object({ low: fraction, high: fraction });

const decoySchema = z
  .object({
    kind: z.enum(decoyKinds),
    /** How it differs from the key, in a word or two; null for an unrelated prompt. */
    change: z.string().nullable(),
    /** What it says; null for everything but unrelated prompts, for the rest would spell the key. */
    prompt: z.string().nullable(),
    value: fraction,
    n: count,
  })
  .refine(({ kind, prompt }) => kind === 'unrelated' || prompt === null, {
    path: ['prompt'],
    message: 'only unrelated prompts may be written down',
  });

/**
 * What `evaluate`, `demo` and `lock --test` print: a locked model in numbers. Scores are fractions
 * in [0, 1]. It holds nothing that helps to guess the key.
 */
export const evaluationDocumentSchema = z.object({
  task: z.string(),
  /** The name of the score: `accuracy`, `miou`. */
  metric: z.string(),
  /** Images of the test set. */
  n: count,
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
  decoders: z.array(z.object({ name: z.string(), value: fraction })),
  diagnosis: z.object({
    verdict: z.enum(['healthy', ...signatures]),
    findings: z.array(
      z.object({ signature: z.enum(signatures), evidence: z.string(), tryThis: z.string() }),
    ),
  }),
  /** 95 % intervals over draws of images; absent from documents of earlier versions. */
  intervals: z
    .object({ baseline: interval.nullable(), lp: interval, up: interval.nullable() })
    .optional(),
  /** Other scores, by name: balanced accuracy, pixel accuracy ... */
  measures: z
    .array(
      z.object({
        name: z.string(),
        baseline: fraction.nullable(),
        lp: fraction,
        up: fraction.nullable(),
      }),
    )
    .optional(),
  perClass: z
    .array(
      z.object({
        label: z.string(),
        n: count,
        /** null: the class does not occur. */
        baseline: fraction.nullable().optional(),
        lp: fraction.nullable(),
        up: fraction.nullable(),
      }),
    )
    .optional(),
  /** UP after a JPEG of quality 95, and after one grey level of noise, on n images (or on all). */
  robustness: z
    .object({ jpeg95: fraction, noise1: fraction, n: count.optional() })
    .nullable()
    .optional(),
  /** Pictures that could not be read; absent unless they were to be left out. */
  skipped: z.array(z.string()).readonly().optional(),
});

export type EvaluationDocument = z.infer<typeof evaluationDocumentSchema>;
export type DocumentedDecoy = z.infer<typeof decoySchema>;
