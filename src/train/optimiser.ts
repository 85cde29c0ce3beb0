import { add, div, mul, square, sub } from '../graph/ops/binary/ops.ts';
import { sqrt } from '../graph/ops/elementwise/ops.ts';
import type { Value } from '../graph/value.ts';

/** Stochastic gradient descent as PyTorch has it: the decay is part of the gradient. */
export interface Sgd {
  readonly kind: 'sgd';
  /** 0 <= momentum < 1. */
  readonly momentum: number;
  readonly nesterov?: boolean;
  readonly weightDecay: number;
}

/** Adam with decoupled weight decay (arXiv 1711.05101). */
export interface AdamW {
  readonly kind: 'adamw';
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
}

export type Optimiser = Sgd | AdamW;

/** AdamW with PyTorch's defaults but for the decay, 0.05: PyTorch's is 0.01. */
export const adamW = (options: Partial<AdamW> = {}): AdamW => ({
  kind: 'adamw',
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0.05,
  ...options,
});

/** Gradient descent with a momentum of 0.9 and no decay; PyTorch has no momentum by default. */
export const sgd = (options: Partial<Sgd> = {}): Sgd => ({
  kind: 'sgd',
  momentum: 0.9,
  weightDecay: 0,
  ...options,
});

/** How an update treats one parameter. */
export interface ParameterOptions {
  /** Factor on the learning rate; 0 freezes the parameter. Default 1. */
  readonly learningRate?: number;
  /** Instead of the optimiser's own. */
  readonly weightDecay?: number;
}

/** One parameter within an update: theta and g are of one shape. */
export interface UpdateInput {
  readonly theta: Value;
  readonly g: Value;
  /** The optimiser's memory of this parameter, in the order of `slots`. */
  readonly slots: readonly Value[];
  /** Learning rate of this step and this parameter, scalar. */
  readonly lr: Value;
  readonly weightDecay: number;
  /** The step's scalars, see `stepScalars`. */
  readonly scalars: readonly Value[];
}

export interface UpdateRule<O> {
  /** Names of the tensors kept for each parameter, of its shape, zero at first. */
  slots(optimiser: O): readonly string[];
  /** Names of further scalars that an update needs. */
  readonly scalars: readonly string[];
  /** Their values at step t, which counts from 1. */
  stepScalars(optimiser: O, t: number): readonly number[];
  update(optimiser: O, input: UpdateInput): { theta: Value; slots: readonly Value[] };
}

/** The update of each optimiser, as part of the graph. */
export const updateRules: {
  [K in Optimiser['kind']]: UpdateRule<Extract<Optimiser, { kind: K }>>;
} = {
  sgd: {
    // Zeros at first give PyTorch's first velocity, the gradient itself.
    slots: ({ momentum }) => (momentum === 0 ? [] : ['momentum']),
    scalars: [],
    stepScalars: () => [],
    update({ momentum, nesterov }, { theta, g, slots: [velocity], lr, weightDecay }) {
      const decayed = weightDecay === 0 ? g : add(g, mul(theta, weightDecay));
      if (momentum === 0) return { theta: sub(theta, mul(decayed, lr)), slots: [] };
      const v = add(mul(velocity, momentum), decayed);
      const direction = nesterov ? add(decayed, mul(v, momentum)) : v;
      return { theta: sub(theta, mul(direction, lr)), slots: [v] };
    },
  },
  adamw: {
    slots: () => ['exp_avg', 'exp_avg_sq'],
    scalars: ['bias_correction1', 'bias_correction2_sqrt'],
    stepScalars: ({ betas: [beta1, beta2] }, t) => [1 - beta1 ** t, Math.sqrt(1 - beta2 ** t)],
    update({ betas: [beta1, beta2], eps }, input) {
      const { theta, g, lr, weightDecay } = input;
      const [m0, v0] = input.slots;
      const [correction1, correction2] = input.scalars;
      const m = add(mul(m0, beta1), mul(g, 1 - beta1));
      const v = add(mul(v0, beta2), mul(square(g), 1 - beta2));
      const denominator = add(div(sqrt(v), correction2), eps);
      const decayed = weightDecay === 0 ? theta : mul(theta, sub(1, mul(lr, weightDecay)));
      const step = mul(div(m, denominator), div(lr, correction1));
      return { theta: sub(decayed, step), slots: [m, v] };
    },
  },
};

/** The rule of an optimiser, with its kind forgotten. */
export function updateRule(optimiser: Optimiser): UpdateRule<Optimiser> {
  return updateRules[optimiser.kind];
}
