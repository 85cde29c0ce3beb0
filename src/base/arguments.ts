import { ModelLockError } from './error.ts';

/** What a job is told, for callers whom no compiler tells it. */
export type Shape =
  | 'text'
  | 'texts'
  | 'whole number'
  /** `{ prompt, secret? }`. */
  | 'key';

interface Check {
  readonly fits: (value: unknown) => boolean;
  /** The shape in words. */
  readonly valid: string;
}

const isText = (value: unknown): boolean => typeof value === 'string';

const checks: Readonly<Record<Shape, Check>> = {
  text: { fits: isText, valid: 'a string' },
  texts: {
    fits: (value) => Array.isArray(value) && value.every(isText),
    valid: 'an array of strings',
  },
  'whole number': { fits: Number.isSafeInteger, valid: 'a whole number' },
  key: {
    fits: (value) => {
      const { prompt, secret } = Object(value) as { prompt?: unknown; secret?: unknown };
      return isText(prompt) && (secret === undefined || secret instanceof Uint8Array);
    },
    valid: '{ prompt: string, secret?: Uint8Array }',
  },
};

/**
 * Throws `usage`, naming the job and the first option of another shape. What was given is not quoted:
 * it may be a key.
 *
 * @param needed the shapes of options that cannot be left out.
 * @param optional those of options that can.
 */
export function requireArguments<Options extends object>(
  job: string,
  options: Options,
  needed: Partial<Record<keyof Options & string, Shape>>,
  optional: Partial<Record<keyof Options & string, Shape>> = {},
): void {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  for (const [name, shape] of Object.entries<Shape | undefined>({ ...needed, ...optional })) {
    const value = given[name];
    if (shape === undefined || checks[shape].fits(value)) continue;
    if (value === undefined && !(name in needed)) continue;
    const fault = value === undefined ? 'is missing' : 'is something else';
    throw new ModelLockError('usage', `${job}: the option "${name}" ${fault}`, {
      valid: [checks[shape].valid],
    });
  }
}
