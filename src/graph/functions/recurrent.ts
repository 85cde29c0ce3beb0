import { ModelLockError } from '../../base/error.ts';
import { zeros } from '../../tensor/tensor.ts';
import { add, mul, sub } from '../ops/binary/ops.ts';
import { sigmoid, tanh } from '../ops/elementwise/ops.ts';
import { chunk, concat } from '../ops/movement/join-ops.ts';
import { squeeze } from '../ops/movement/shape-ops.ts';
import { showShape } from '../shape.ts';
import { constant, shapeOf, type Value } from '../value.ts';
import { stack } from './arrange.ts';
import { linear } from './linear.ts';

/** What one direction of one layer has learnt, with its gates G below one another as in PyTorch. */
export interface RecurrentWeights {
  /** `weight_ih`, [G * H, C]. */
  readonly input: Value;
  /** `weight_hh`, [G * H, H]. */
  readonly hidden: Value;
  /** `bias_ih`, [G * H]. */
  readonly inputBias?: Value;
  /** `bias_hh`, [G * H]. */
  readonly hiddenBias?: Value;
}

/** The directions of a layer: one, or forward and backward. */
export type RecurrentLayer =
  readonly [RecurrentWeights] | readonly [RecurrentWeights, RecurrentWeights];

/**
 * One step: the states [B, H] after it, from those before it and what becomes of the input,
 * [B, G * H]. The first state is the cell's output.
 */
type Step = (projected: Value, states: readonly Value[], weights: RecurrentWeights) => Value[];

interface Cell {
  /** How many states it has. */
  readonly states: number;
  readonly step: Step;
}

const ofHidden = (h: Value, { hidden, hiddenBias }: RecurrentWeights): Value =>
  linear(h, hidden, hiddenBias);
const ofInput = (x: Value, { input, inputBias }: RecurrentWeights): Value =>
  linear(x, input, inputBias);

/** Long short-term memory, gates i, f, g, o (Hochreiter and Schmidhuber 1997; f by Gers 2000). */
const lstmStep: Step = (projected, [h, c], weights) => {
  const [i, f, g, o] = chunk(add(projected, ofHidden(h, weights)), 4, 1); // [B, H] each
  const cell = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(cell)), cell];
};

/** Gated recurrent unit, gates r, z, n (arXiv 1406.1078); r acts on what n's matrix makes of h. */
const gruStep: Step = (projected, [h], weights) => {
  const [r, z, n] = chunk(projected, 3, 1);
  const [hr, hz, hn] = chunk(ofHidden(h, weights), 3, 1);
  const update = sigmoid(add(z, hz));
  const fresh = tanh(add(n, mul(sigmoid(add(r, hr)), hn)));
  return [add(mul(sub(1, update), fresh), mul(update, h))];
};

/** Elman's network: tanh of the sum. */
const rnnStep: Step = (projected, [h], weights) => [tanh(add(projected, ofHidden(h, weights)))];

/** PyTorch's `LSTMCell`: x is [B, C], h and c are [B, H]. */
export function lstmCell(
  x: Value,
  { h, c }: { readonly h: Value; readonly c: Value },
  weights: RecurrentWeights,
): { readonly h: Value; readonly c: Value } {
  const [hidden, cell] = lstmStep(ofInput(x, weights), [h, c], weights);
  return { h: hidden, c: cell };
}

/** PyTorch's `GRUCell`: x is [B, C], h is [B, H]. */
export const gruCell = (x: Value, h: Value, weights: RecurrentWeights): Value =>
  gruStep(ofInput(x, weights), [h], weights)[0];

/** PyTorch's `RNNCell` with tanh: x is [B, C], h is [B, H]. */
export const rnnCell = (x: Value, h: Value, weights: RecurrentWeights): Value =>
  rnnStep(ofInput(x, weights), [h], weights)[0];

/**
 * PyTorch's `LSTM` with `batch_first`, over the static length of x [B, T, C]. Initial states are
 * [layers * directions, B, H], by default zeros.
 *
 * @returns y [B, T, directions * H], and the last states, of the same shape as the first ones.
 */
export function lstm(
  x: Value,
  layers: readonly RecurrentLayer[],
  initial?: { readonly h: Value; readonly c: Value },
): { readonly y: Value; readonly h: Value; readonly c: Value } {
  const given = initial && [initial.h, initial.c];
  const { y, states } = unrolled({ states: 2, step: lstmStep }, x, layers, given);
  return { y, h: states[0], c: states[1] };
}

/** PyTorch's `GRU`, as `lstm`. */
export function gru(
  x: Value,
  layers: readonly RecurrentLayer[],
  initial?: Value,
): { readonly y: Value; readonly h: Value } {
  const given = initial && [initial];
  const { y, states } = unrolled({ states: 1, step: gruStep }, x, layers, given);
  return { y, h: states[0] };
}

/** All layers and directions, one after the other; states are [layers * directions, B, H]. */
function unrolled(
  cell: Cell,
  x: Value,
  layers: readonly RecurrentLayer[],
  initial: readonly Value[] | undefined,
): { readonly y: Value; readonly states: readonly Value[] } {
  const count = layers.reduce((sum, directions) => sum + directions.length, 0);
  const beginnings = initial?.map((states) => apart(states, count));
  const ends: (readonly Value[])[] = [];
  let y = x;
  for (const directions of layers) {
    const outputs = directions.map((weights, direction) => {
      const place = ends.length;
      const begin = beginnings?.map((states) => states[place]) ?? nothing(cell, weights);
      const run = inOneDirection(cell, y, weights, begin, direction === 1);
      ends.push(run.states);
      return run.y;
    });
    y = concat(outputs, 2);
  }
  const states = Array.from({ length: cell.states }, (_, i) => stack(ends.map((end) => end[i])));
  return { y, states };
}

/** The states of each layer and direction, [B, H], of [count, B, H]. */
function apart(states: Value, count: number): Value[] {
  if (states.shape.length !== 3 || states.shape[0] !== count) {
    throw new ModelLockError(
      'shape',
      `states ${showShape(states.shape)} for ${count} layers and directions`,
    );
  }
  return chunk(states, count, 0).map((state) => squeeze(state, [0]));
}

/** States of zeros, [1, H]: they broadcast to a batch of any size. */
function nothing({ states }: Cell, { hidden }: RecurrentWeights): Value[] {
  const zero = constant(zeros('float32', [1, shapeOf(hidden)[1]]));
  return Array.from({ length: states }, () => zero);
}

function inOneDirection(
  { step }: Cell,
  x: Value,
  weights: RecurrentWeights,
  initial: readonly Value[],
  backwards: boolean,
): { readonly y: Value; readonly states: readonly Value[] } {
  const length = Number(x.shape[1]);
  // The inputs of all steps in one product.
  const projected = chunk(ofInput(x, weights), length, 1).map((one) => squeeze(one, [1])); // [B, G * H]
  const outputs: Value[] = [];
  let states = initial;
  for (const one of backwards ? projected.reverse() : projected) {
    states = step(one, states, weights);
    outputs.push(states[0]);
  }
  return { y: stack(backwards ? outputs.reverse() : outputs, 1), states }; // [B, T, H]
}
