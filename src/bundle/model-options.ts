import type { JobOptions } from '../base/job.ts';
import type { BareOptions, Colours } from '../nn/bare/bare-model.ts';

/** What a model's files may not say of it. What is given wins over what is assumed. */
export interface ModelOptions extends BareOptions {
  /** The names of its classes, in the order of its logits. */
  readonly labels?: readonly string[] | undefined;
  /** How pictures become its input: (x - mean) / std of colours in [0, 1]. */
  readonly normalisation?: { readonly mean: Colours; readonly std: Colours } | undefined;
}

/** How a job opens its model. */
export interface OpenModelOptions extends JobOptions {
  readonly modelOptions?: ModelOptions | undefined;
}
