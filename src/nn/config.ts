import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';

/** A model's configuration as its checkpoint has it: JSON, not yet checked. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** Checks a configuration. Throws `corrupt`, naming the file and the first field that is wrong. */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  config: RawConfig,
  where: string,
): z.output<S> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue.path.join('.');
  const missing = field !== '' && !(issue.path[0] in config);
  throw new ModelLockError(
    'corrupt',
    missing ? `${where}: field "${field}" is missing` : `${where}: ${field}: ${issue.message}`,
  );
}

/** A width or a count. None is as large: what a hostile configuration asks for would fill the memory. */
const positive = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
/** Layers in a row. A hostile configuration that speaks of millions would be built for ever. */
const layers = positive.max(1000);
/** How many labels a classifier of transformers has: those named, or two, its default. */
const labelled = {
  id2label: z
    .record(z.string(), z.string())
    .refine((names) => Object.keys(names).length > 0, 'names no class')
    .optional(),
  num_labels: positive.max(1_000_000).optional(),
};

/** A width or a count for each stage of a network. */
const perStage = z.array(positive).min(1).max(16);
/** Widths and depths of the stages. */
const stages = {
  hidden_sizes: perStage,
  depths: z.array(layers).min(1).max(16),
};

/**
 * The same configuration, refused where its stages have not as many depths as widths.
 *
 * @param more fields that have something for each stage as well.
 */
function withEqualStages<
  S extends z.ZodType<Readonly<Record<'hidden_sizes' | 'depths' | Field, unknown[]>>>,
  Field extends string = never,
>(schema: S, ...more: readonly Field[]): S {
  return schema.superRefine((config, context) => {
    for (const field of ['depths', ...more] as const) {
      if (config[field].length === config.hidden_sizes.length) continue;
      context.addIssue({ code: 'custom', path: [field], message: 'not as many as hidden_sizes' });
    }
  });
}

export { positive, layers, labelled, perStage, stages, withEqualStages };

/** The class names in order, by a configuration of transformers. */
export function labelsOf(config: {
  readonly id2label?: Readonly<Record<string, string>> | undefined;
  readonly num_labels?: number | undefined;
}): string[] {
  const { id2label, num_labels: count = 2 } = config;
  if (!id2label) return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  return Object.keys(id2label)
    .sort((a, b) => Number(a) - Number(b))
    .map((id) => id2label[id]);
}
