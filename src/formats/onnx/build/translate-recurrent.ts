import { ModelLockError } from '../../../base/error.ts';
import { requireEntry } from '../../../base/registry.ts';
import {
  gru,
  lstm,
  type RecurrentLayer,
  type RecurrentWeights,
} from '../../../graph/functions/recurrent.ts';
import { chunk, concat, slice } from '../../../graph/ops/movement/join-ops.ts';
import { reshape, squeeze, transpose } from '../../../graph/ops/movement/shape-ops.ts';
import { constant, shapeOf, type Value } from '../../../graph/value.ts';
import { zeros } from '../../../tensor/tensor.ts';
import type { Call } from './call.ts';
import type { Translations } from './as-it-is.ts';

/** Where PyTorch's gates lie among ONNX's: i, f, g, o in i, o, f, c; and r, z, n in z, r, h. */
const gates = { LSTM: [0, 2, 3, 1], GRU: [1, 0, 2] } as const;

type Cell = keyof typeof gates;

const directions: Readonly<
  Record<string, { readonly count: number; readonly isReversed: boolean }>
> = {
  forward: { count: 1, isReversed: false },
  reverse: { count: 1, isReversed: true },
  bidirectional: { count: 2, isReversed: false },
};

/** Attributes that change what is computed; none of PyTorch's exporters writes them. */
const foreign = ['activations', 'activation_alpha', 'activation_beta', 'clip'];

/** Throws `unsupported` for what PyTorch's layers do not have. */
function requirePlain(call: Call): void {
  const refuse = (what: string): never => {
    throw new ModelLockError('unsupported', `a recurrent layer with ${what}`);
  };
  for (const name of foreign) if (call.node.attributes.has(name)) refuse(name);
  if (call.int('input_forget', 0) !== 0) refuse('coupled gates');
  if (call.inputs[4]) refuse('lengths of sequences');
  if (call.inputs[7]) refuse('peepholes');
}

/** A layer's weights, apart by direction: W [D, G * H, C], R [D, G * H, H], B [D, 2 * G * H]. */
function layerOf(call: Call, cell: Cell, count: number): RecurrentLayer {
  const order = (rows: Value): Value => {
    const parts = chunk(rows, gates[cell].length, 0);
    return concat(
      gates[cell].map((gate) => parts[gate]),
      0,
    );
  };
  const each = (value: Value): Value[] => chunk(value, count, 0).map((one) => squeeze(one, [0]));
  const [inputs, hiddens] = [each(call.value(1)), each(call.value(2))];
  const biases = call.inputs[3] && each(call.value(3));
  const weightsOf = (i: number): RecurrentWeights => {
    const [inputBias, hiddenBias] = biases ? chunk(biases[i], 2, 0).map(order) : [];
    return {
      input: order(inputs[i]),
      hidden: order(hiddens[i]),
      ...(inputBias && hiddenBias ? { inputBias, hiddenBias } : {}),
    };
  };
  return count === 1 ? [weightsOf(0)] : [weightsOf(0), weightsOf(1)];
}

/** Each step becomes nodes of its own: a few bytes of a file could ask for any number of them. */
const mostSteps = 4096;

/** Throws unless x [T, B, C] is a sequence of a length that can be unrolled. */
function requireSteps({ shape: [length] }: Value): void {
  if (typeof length === 'string') {
    throw new ModelLockError('shape', `cannot unroll the named axis ${length}; bind it`);
  }
  if (length >= 1 && length <= mostSteps) return;
  throw new ModelLockError('unsupported', `a recurrent layer over ${length} steps`, {
    valid: [`1 to ${mostSteps}`],
  });
}

/** Runs a layer over x [T, B, C], which ONNX calls layout 0; the results as ONNX has them. */
function recurrent(
  call: Call,
  cell: Cell,
  run: (
    x: Value,
    layer: RecurrentLayer,
  ) => { readonly y: Value; readonly states: readonly Value[] },
): readonly Value[] {
  requirePlain(call);
  const direction = call.string('direction', 'forward');
  const { count, isReversed } = requireEntry(
    directions,
    direction,
    'corrupt',
    `a recurrent layer of direction "${direction}"`,
  );
  if (call.int('layout', 0) !== 0) {
    throw new ModelLockError('unsupported', 'a recurrent layer with the batch first');
  }
  requireSteps(call.value(0));
  const inTime = (x: Value): Value => (isReversed ? slice(x, { axis: 1, step: -1 }) : x);
  const x = transpose(call.value(0), [1, 0, 2]); // [B, T, C]
  const { y, states } = run(inTime(x), layerOf(call, cell, count));
  const [batch, length, width] = y.shape;
  const apart = reshape(inTime(y), [batch, length, count, Number(width) / count]); // [B, T, D, H]
  return [transpose(apart, [1, 2, 0, 3]), ...states];
}

/** States of zeros where a file leaves them out, [D, 1, H]: they broadcast to a batch of any size. */
const nothing = (layer: RecurrentLayer): Value =>
  constant(zeros('float32', [layer.length, 1, shapeOf(layer[0].hidden)[1]]));

/** Recurrent layers as PyTorch exports them, unrolled over a length that is known. */
export const recurrentTranslations: Translations = {
  GRU: (call) => {
    if (call.int('linear_before_reset', 0) !== 1) {
      throw new ModelLockError('unsupported', "a GRU that resets before the hidden state's matrix");
    }
    return recurrent(call, 'GRU', (x, layer) => {
      const { y, h } = gru(x, [layer], call.optional(5));
      return { y, states: [h] };
    });
  },
  LSTM: (call) =>
    recurrent(call, 'LSTM', (x, layer) => {
      const [before, cell] = [call.optional(5), call.optional(6)];
      const { y, h, c } = lstm(x, [layer], {
        h: before ?? nothing(layer),
        c: cell ?? nothing(layer),
      });
      return { y, states: [h, c] };
    }),
};
