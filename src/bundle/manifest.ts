import { z } from 'zod';
import { ModelLockError, messageOf } from '../base/error.ts';
import { keyKinds } from '../key/kind.ts';
import { join, writeJson } from '../platform/files.ts';
import { precisions } from '../runtime/session.ts';
import { allTaskNames } from '../tasks/task.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fraction = z.number().min(0).max(1);

/** A model or editor as it was when the bundle was made: another one with that name is refused. */
const versioned = z.object({
  reference: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  hash: sha256,
});

/** How an image is edited, all but the key. */
export const editParameters = z.object({
  steps: z.number().int().min(1).max(1000),
  /** Text guidance; 1 is none. */
  guidance: z.number(),
  imageGuidance: z.number(),
  /** Length of the image's short side while it is edited, in pixels; null: as it comes. */
  size: z.number().int().positive().nullable(),
  /** locked = (1 - alpha) image + alpha edited. */
  alpha: fraction,
  seed: z.number().int().min(0),
  /** How much of the way from noise is gone; absent for editors without that option. */
  strength: fraction.optional(),
});

/** `modellock.json`: what a locked model is and how it is unlocked. Never the key. */
export const manifestSchema = z.object({
  format: z.literal(1),
  modellock: z.string(),
  task: z.enum(allTaskNames),
  labels: z.array(z.string()).min(2),
  base: versioned,
  /** null: an ordinary model, fine-tuned without a lock. */
  lock: z
    .object({
      editor: versioned,
      kind: z.enum(keyKinds),
      /** In which the editor was run; absent from bundles of earlier versions. */
      precision: z.enum(precisions).default('float32'),
      /** LoRA files that were added to the editor's weights, and how strongly. */
      loras: z.array(z.object({ path: z.string(), weight: z.number() })).default([]),
      edit: editParameters,
      /** Whether the key has a secret beside its prompt. */
      secret: z.boolean(),
      recipe: z.object({ name: z.string() }).loose(),
      /** The model without a lock that it learnt from, where there was one. */
      teacher: versioned.optional(),
    })
    .nullable(),
  training: z.object({
    seed: z.number().int(),
    /** Pictures trained on. */
    images: z.number().int().optional(),
    /** Texts trained on, of a text classifier. */
    texts: z.number().int().optional(),
    epochs: z.number(),
    /** All options of the fine-tuning; absent from bundles of earlier versions. */
    tuning: z.record(z.string(), z.unknown()).optional(),
    /** It began with random weights: only the architecture is the base model's. */
    fromScratch: z.literal(true).optional(),
  }),
  /** How DICOM files and NIfTI volumes were looked at, where it was said; so they are later on. */
  viewing: z
    .object({
      axis: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
      volume: z.number().int().min(0).optional(),
      window: z
        .union([
          z.enum(['file', 'percentile']),
          z.object({ centre: z.number(), width: z.number().positive() }),
        ])
        .optional(),
      fill: z.number().optional(),
    })
    .optional(),
  measured: z
    .object({
      metric: z.string(),
      n: z.number().int(),
      chance: fraction,
      lp: fraction.nullable(),
      up: fraction.nullable(),
      baseline: fraction.nullable(),
    })
    .nullable(),
});

export type Manifest = z.infer<typeof manifestSchema>;

export const manifestFile = 'modellock.json';

/** Throws `corrupt`, naming the file and the field. */
export function parseManifest(text: string, where: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelLockError('corrupt', `${where} is not JSON: ${messageOf(error)}`);
  }
  return checked(json, where);
}

/** Writes `modellock.json` into a folder. Throws `corrupt` for one that nobody could read. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, manifestFile);
  checked(manifest, path);
  await writeJson(path, manifest);
}

function checked(json: unknown, where: string): Manifest {
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ModelLockError(
    'corrupt',
    `${where}: ${issue.path.join('.') || 'the document'}: ${issue.message}`,
  );
}
