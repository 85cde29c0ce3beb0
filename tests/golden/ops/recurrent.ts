import {
  gru,
  gruCell,
  lstm,
  lstmCell,
  rnnCell,
  type RecurrentWeights,
} from '../../../src/graph/functions/recurrent.ts';
import type { Value } from '../../../src/graph/value.ts';
import type { OpContext, OpTable } from './case.ts';

const direction = ({ named }: OpContext, suffix = ''): RecurrentWeights => ({
  input: required(named(`w_ih${suffix}`)),
  hidden: required(named(`w_hh${suffix}`)),
  inputBias: named(`b_ih${suffix}`),
  hiddenBias: named(`b_hh${suffix}`),
});

const layer = (context: OpContext) =>
  context.attributes.bidirectional
    ? ([direction(context), direction(context, '_reverse')] as const)
    : ([direction(context)] as const);

function required(value: Value | undefined): Value {
  if (value) return value;
  throw new Error('a weight is missing');
}

/** `recurrent`. */
export const recurrentTable: OpTable = {
  lstm_cell: ([x, h, c], context) => {
    const after = lstmCell(x, { h, c }, direction(context));
    return { outputs: [after.h, after.c] };
  },
  gru_cell: ([x, h], context) => gruCell(x, h, direction(context)),
  rnn_tanh_cell: ([x, h], context) => rnnCell(x, h, direction(context)),
  lstm: ([x, h0, c0], context) => {
    const { y, h, c } = lstm(x, [layer(context)], { h: h0, c: c0 });
    return { outputs: [y, h, c] };
  },
  gru: ([x, h0], context) => {
    const { y, h } = gru(x, [layer(context)], h0);
    return { outputs: [y, h] };
  },
};
