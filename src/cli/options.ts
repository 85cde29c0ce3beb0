import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { devices, keyKinds, precisions, type LoraReference } from '../index.ts';

/** A number within bounds, for an option. */
export function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Valid: ${low} to ${high}.`);
  };
}

/** An integer within bounds. */
export function integer(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(
      high === Number.MAX_SAFE_INTEGER
        ? `Valid: integers from ${low} on.`
        : `Valid: integers from ${low} to ${high}.`,
    );
  };
}

/** Options without those that were not given. */
export function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/** What every verb gets. */
export interface Context {
  readonly signal: AbortSignal;
  /** What the environment had for a key. */
  readonly environmentKey: string | undefined;
}

/** Where the editor runs. */
export const deviceOption = () =>
  new Option('--device <name>', 'where the editor runs, if ONNX Runtime has it here')
    .choices(devices)
    .default('cpu' as const);

/** Where edited pictures are kept. */
export const editsOption = () =>
  new Option(
    '--edits <dir>',
    'keep edited pictures in this folder, where the same command, interrupted, and others find them again',
  );

/** What the editor computes in. */
export const precisionOption = () =>
  new Option(
    '--precision <name>',
    'what the editor computes in; int8 is faster, takes less memory, and edits a little differently',
  )
    .choices(precisions)
    .default('float32' as const);

/** `FILE` or `FILE=WEIGHT`, collected. */
export const loraOption = () =>
  new Option(
    '--lora <file[=weight]>',
    "LoRA to add to the editor's weights; may be repeated",
  ).argParser((text: string, others: LoraReference[] | undefined): LoraReference[] => {
    const [, path = text, weight = '1'] = /^(.+)=([^=]*)$/.exec(text) ?? [];
    if (weight.trim() !== '' && Number.isFinite(Number(weight))) {
      return [...(others ?? []), { path, weight: Number(weight) }];
    }
    throw new InvalidArgumentError('Valid: FILE, or FILE=WEIGHT with a number.');
  });

/** What kind of key it is. */
export const kindOption = () =>
  new Option('--kind <kind>', 'kind of key')
    .choices(keyKinds)
    .default(undefined, "the editor's own");

/** What a model may be. */
export const modelHelp =
  'pretrained model: pocket, a folder, an ONNX file, a file of weights, or hf:owner/name';

/** What an editor may be. */
export const editorHelp =
  'editor: pocket, a folder of diffusers, a checkpoint file of the original layout, or hf:owner/name';

export const keyFileHelp = 'file with the key: JSON as --with-secret writes it, or the prompt';
export const keyHelp = 'the key prompt itself (others on this machine can see it)';
