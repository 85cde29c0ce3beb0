import { graphOf, type Graph } from '../graph/graph.ts';
import { add, div, minimum, mul } from '../graph/ops/binary/ops.ts';
import { sqrt } from '../graph/ops/elementwise/ops.ts';
import { reduceSumSquare } from '../graph/ops/reduction/ops.ts';
import { input, parameter, shapeOf, type Value } from '../graph/value.ts';
import { gradientsOf, type Objective, type StepOptions, type Trained } from './objective.ts';
import { updateRule } from './optimiser.ts';
import { emaName, nextName, slotName } from './state.ts';

/**
 * A whole training step as one graph. Its parameters are the state; each has an output of the
 * same name with `next/` before it that holds the state after the step.
 */
export interface StepGraph {
  readonly graph: Graph;
  readonly metricNames: readonly string[];
}

export const learningRateInput = 'train/lr';
export const scalarInput = (name: string): string => `train/${name}`;

/** Added to the norm that gradients are divided by, as PyTorch has it. */
export const clipEpsilon = 1e-6;

/**
 * Builds the step that changes `trained`, of the objective's parameters. Throws `unsupported` where
 * an operator has no gradient.
 */
export function buildStep(
  objective: Objective,
  trained: readonly Trained[],
  options: StepOptions,
): StepGraph {
  const { optimiser, emaDecay } = options;
  const rule = updateRule(optimiser);
  const lr = input(learningRateInput, 'float32', []);
  const scalars = rule.scalars.map((name) => input(scalarInput(name), 'float32', []));

  const raw = gradientsOf(objective, trained, options);
  const norm = sqrt(raw.map((g) => reduceSumSquare(g)).reduce((a, b) => add(a, b)));
  const gs = options.clipNorm === undefined ? raw : clip(raw, norm, options.clipNorm);

  const outputs: Record<string, Value> = { loss: objective.loss, grad_norm: norm };
  Object.assign(outputs, objective.metrics);
  const next = new Map<string, Value>(objective.updates);
  trained.forEach(({ name, theta, options: own }, i) => {
    const kept = rule.slots(optimiser).map((slot) => slotName(slot, name));
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
  for (const [name, value] of next) {
    outputs[nextName(name)] = value;
    if (emaDecay === undefined) continue;
    const average = parameter(emaName(name), shapeOf(value));
    outputs[nextName(emaName(name))] = movingAverage(average, value, emaDecay);
  }
  return {
    graph: graphOf(outputs),
    metricNames: ['loss', 'grad_norm', ...Object.keys(objective.metrics ?? {})],
  };
}

export const movingAverage = (average: Value, value: Value, decay: number): Value =>
  add(mul(average, decay), mul(value, 1 - decay));

function clip(gs: readonly Value[], norm: Value, maxNorm: number): readonly Value[] {
  const factor = minimum(1, div(maxNorm, add(norm, clipEpsilon)));
  return gs.map((g) => mul(g, factor));
}
