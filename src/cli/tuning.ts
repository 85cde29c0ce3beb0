import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import {
  classWeightings,
  tuningNamed,
  tunings,
  type ClassWeighting,
  type FineTuning,
  type Freeze,
} from '../index.ts';
import { given } from './options.ts';

export const tuningOption = () =>
  new Option('--tuning <name>', 'how to fine-tune, but for what other options say')
    .choices(Object.keys(tunings))
    .default('default');

export const classWeightsOption = () =>
  new Option('--class-weights <how>', 'how much pictures of each class count in training')
    .choices(classWeightings)
    .default(undefined, 'all alike');

export const accumulateHelp =
  'run the pictures of a step in so many parts, one after the other: less memory, same gradients';

export const gradientCheckpointingHelp =
  'compute most of the forward pass again for the gradients: less memory, a third more time';

export const freezeHelp =
  'what stays as it is: all-but-head, or beginnings of parameter names with commas between them';

export function freeze(text: string): Freeze {
  if (text === 'all-but-head') return text;
  const prefixes = text.split(',').map((prefix) => prefix.trim());
  if (prefixes.every((prefix) => prefix !== '')) return prefixes;
  throw new InvalidArgumentError('Valid: all-but-head, or names like NAME,NAME.');
}

export interface TuningOptions {
  readonly tuning: string;
  readonly epochs?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly batch?: number | undefined;
  readonly accumulate?: number | undefined;
  readonly gradientCheckpointing?: true | undefined;
  readonly freeze?: Freeze | undefined;
  readonly classWeights?: ClassWeighting | undefined;
}

/** The tuning that options name, changed as they say; of the default one, the changes alone. */
export function tuningOf({ tuning, ...changes }: TuningOptions): Partial<FineTuning> {
  const { epochs, learningRate, batch, accumulate, gradientCheckpointing } = changes;
  const { freeze, classWeights } = changes;
  return {
    ...(tuning === 'default' ? {} : tuningNamed(tuning)),
    ...given({ epochs, learningRate, batch, accumulate, gradientCheckpointing }),
    ...given({ freeze, classWeights }),
  };
}
