import { ModelLockError } from '../base/error.ts';
import { checkpointedGradients } from '../graph/autodiff/checkpointing.ts';
import { gradients } from '../graph/autodiff/gradients.ts';
import { graphOf } from '../graph/graph.ts';
import { shapeOf, type Value } from '../graph/value.ts';
import type { Declarations } from '../nn/scope.ts';
import type { Optimiser, ParameterOptions } from './optimiser.ts';

/** What is to be trained: a loss and what it depends on. */
export interface Objective {
  /** A scalar. */
  readonly loss: Value;
  /** Further values to report with each step: scalars, or small tensors. */
  readonly metrics?: Readonly<Record<string, Value>>;
  /** The parameters of the model, by name. */
  readonly parameters: ReadonlyMap<string, Value>;
  /** New values of buffers (running statistics) after the step, by the buffer's name. */
  readonly updates?: ReadonlyMap<string, Value>;
}

/** A loss by a network that has declared all that it learns. */
export function objectiveOf(
  loss: Value,
  { parameters, updates }: Pick<Declarations, 'parameters' | 'updates'>,
): Objective {
  const leaves = graphOf({ loss }).parameters;
  return {
    loss,
    parameters: new Map([...parameters.keys()].map((name) => [name, leaves.get(name)!])),
    updates,
  };
}

export interface StepOptions {
  readonly optimiser: Optimiser;
  /** Treatment of each parameter by its name; default: all alike. */
  readonly parameterOptions?: (name: string, shape: readonly number[]) => ParameterOptions;
  /** Largest total norm of the gradient, as `clip_grad_norm_` of PyTorch has it. */
  readonly clipNorm?: number;
  /** Keeps averages ema = decay * ema + (1 - decay) * theta. */
  readonly emaDecay?: number;
  /**
   * Keeps less of the forward pass and computes the rest again, as `torch.utils.checkpoint` does:
   * less memory for about a third more time. Default: false.
   */
  readonly gradientCheckpointing?: boolean;
  /**
   * Parts in which the rows of a step are run, one after the other, before the weights change once:
   * less memory for the same gradient, up to rounding, where the loss is a mean over rows. What looks
   * at several rows at once sees those of one part: a soft Dice loss, and batch norms, whose running
   * statistics change with each part. Default: 1.
   */
  readonly accumulate?: number;
}

/** A parameter that steps change. */
export interface Trained {
  readonly name: string;
  readonly theta: Value;
  readonly options: ParameterOptions;
}

/** The parameters of an objective that are not frozen. Throws `usage` where all are. */
export function trainedParameters(
  { parameters }: Objective,
  { parameterOptions = () => ({}) }: StepOptions,
): readonly Trained[] {
  const trained = [...parameters]
    .map(([name, theta]) => ({ name, theta, options: parameterOptions(name, shapeOf(theta)) }))
    .filter(({ options }) => options.learningRate !== 0);
  if (trained.length > 0) return trained;
  throw new ModelLockError('usage', 'no parameter is left to train: all are frozen');
}

/** The gradient of an objective's loss with respect to each parameter that is trained. */
export function gradientsOf(
  { loss }: Objective,
  trained: readonly Trained[],
  { gradientCheckpointing = false }: StepOptions,
): readonly Value[] {
  const differentiate = gradientCheckpointing ? checkpointedGradients : gradients;
  return differentiate(
    loss,
    trained.map(({ theta }) => theta),
  );
}
