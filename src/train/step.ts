import { checkpointedGradients } from '../graph/autodiff/checkpointing.ts';
import { gradients } from '../graph/autodiff/gradients.ts';
import { graphOf, type Graph } from '../graph/graph.ts';
import { add, div, minimum, mul } from '../graph/ops/binary/ops.ts';
import { sqrt } from '../graph/ops/elementwise/ops.ts';
import { reduceSumSquare } from '../graph/ops/reduction/ops.ts';
import { input, parameter, shapeOf, type Value } from '../graph/value.ts';
import { updateRule, type Optimiser, type ParameterOptions } from './optimiser.ts';

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
}

/**
 * A whole training step as one graph. Its parameters are the state; each has an output of the
 * same name with `next/` before it that holds the state after the step.
 */
export interface StepGraph {
  readonly graph: Graph;
  /** Names and shapes of the tensors that the optimiser adds to the state, zero at first. */
  readonly slots: ReadonlyMap<string, readonly number[]>;
  /** The averaged copies: name of the copy to name of the parameter or buffer. */
  readonly averages: ReadonlyMap<string, string>;
  readonly metricNames: readonly string[];
}

export const nextName = (name: string): string => `next/${name}`;
export const slotName = (slot: string, name: string): string => `optimiser/${slot}/${name}`;
export const emaName = (name: string): string => `ema/${name}`;
export const learningRateInput = 'train/lr';

/** Builds the step. Throws `unsupported` where an operator has no gradient. */
export function buildStep(objective: Objective, options: StepOptions): StepGraph {
  const { optimiser, parameterOptions = (): ParameterOptions => ({}), emaDecay } = options;
  const rule = updateRule(optimiser);
  const lr = input(learningRateInput, 'float32', []);
  const scalars = rule.scalars.map((name) => input(`train/${name}`, 'float32', []));

  const treated = [...objective.parameters].map(([name, theta]) => ({
    name,
    theta,
    options: parameterOptions(name, shapeOf(theta)),
  }));
  const trained = treated.filter((p) => p.options.learningRate !== 0);
  const raw = gradientsBy(options)(
    objective.loss,
    trained.map((p) => p.theta),
  );
  const norm = sqrt(raw.map((g) => reduceSumSquare(g)).reduce((a, b) => add(a, b)));
  const gs = options.clipNorm === undefined ? raw : clip(raw, norm, options.clipNorm);

  const outputs: Record<string, Value> = { loss: objective.loss, grad_norm: norm };
  Object.assign(outputs, objective.metrics);
  const slots = new Map<string, readonly number[]>();
  const next = new Map<string, Value>(objective.updates);
  trained.forEach(({ name, theta, options: own }, i) => {
    const kept = rule.slots.map((slot) => slotName(slot, name));
    kept.forEach((slot) => slots.set(slot, shapeOf(theta)));
    const updated = rule.update(optimiser, {
      theta,
      g: gs[i],
      slots: kept.map((slot) => parameter(slot, shapeOf(theta))),
      lr: own.learningRate === undefined ? lr : mul(lr, own.learningRate),
      weightDecay: own.weightDecay ?? optimiser.weightDecay,
      scalars,
    });
    next.set(name, updated.theta);
    kept.forEach((slot, k) => (outputs[nextName(slot)] = updated.slots[k]));
  });
  const averages = new Map<string, string>();
  for (const [name, value] of next) {
    outputs[nextName(name)] = value;
    if (emaDecay === undefined) continue;
    const average = parameter(emaName(name), shapeOf(value));
    averages.set(emaName(name), name);
    outputs[nextName(emaName(name))] = add(mul(average, emaDecay), mul(value, 1 - emaDecay));
  }
  return {
    graph: graphOf(outputs),
    slots,
    averages,
    metricNames: ['loss', 'grad_norm', ...Object.keys(objective.metrics ?? {})],
  };
}

export const gradientsBy = ({
  gradientCheckpointing = false,
}: Pick<StepOptions, 'gradientCheckpointing'>): typeof checkpointedGradients =>
  gradientCheckpointing ? checkpointedGradients : gradients;

function clip(gs: readonly Value[], norm: Value, maxNorm: number): readonly Value[] {
  const factor = minimum(1, div(maxNorm, add(norm, 1e-6)));
  return gs.map((g) => mul(g, factor));
}
