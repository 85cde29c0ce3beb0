import { describe, expect, it } from 'vitest';
import { float32, toNumbers } from '../../tensor/tensor.ts';
import { evaluate } from '../testing/evaluate.ts';
import { expectGradients } from '../testing/expect-gradients.ts';
import { waves } from '../testing/finite-differences.ts';
import { flip } from './arrange.ts';
import { gru, gruCell, lstm, lstmCell, rnnCell, type RecurrentWeights } from './recurrent.ts';
import { slice } from '../ops/movement/join-ops.ts';
import { reshape } from '../ops/movement/shape-ops.ts';
import { constant, input, type Value } from '../value.ts';

const [batch, length, features, size] = [2, 3, 4, 2];

/** Weights of a cell of so many gates, others for each seed. */
const weights = (gates: number, inputs = features, seed = 1): RecurrentWeights => ({
  input: constant(waves([gates * size, inputs], 1.7 + seed)),
  hidden: constant(waves([gates * size, size], 2.3 + seed)),
  inputBias: constant(waves([gates * size], 0.9 + seed)),
  hiddenBias: constant(waves([gates * size], 3.1 + seed)),
});
const x = constant(waves([batch, length, features], 1.1));
const state = (count: number, frequency: number): Value =>
  constant(waves([count, batch, size], frequency));

const valuesOf = async (outputs: Record<string, Value>): Promise<Record<string, number[]>> =>
  Object.fromEntries(
    Object.entries(await evaluate(outputs)).map(([name, t]) => [
      name,
      toNumbers(t).map((value) => Number(value.toFixed(5))),
    ]),
  );

/** x at one time, [B, C]. */
const at = (sequence: Value, time: number): Value =>
  reshape(slice(sequence, { axis: 1, start: time, end: time + 1 }), [batch, -1]);

describe('one layer is its cell, step after step', () => {
  it('lstm', async () => {
    const w = weights(4);
    let [h, c] = [state(1, 0.7), state(1, 0.8)].map((s) => reshape(s, [batch, size]));
    for (let time = 0; time < length; time++) ({ h, c } = lstmCell(at(x, time), { h, c }, w));
    const run = lstm(x, [[w]], { h: state(1, 0.7), c: state(1, 0.8) });
    const { byCell, cell, last, ...ends } = await valuesOf({
      byCell: h,
      cell: c,
      last: at(run.y, length - 1),
      h: run.h,
      c: run.c,
    });
    expect(ends).toEqual({ h: byCell, c: cell });
    expect(last).toEqual(byCell);
  });

  it('gru', async () => {
    const w = weights(3);
    let h = reshape(state(1, 0.7), [batch, size]);
    for (let time = 0; time < length; time++) h = gruCell(at(x, time), h, w);
    const run = gru(x, [[w]], state(1, 0.7));
    const values = await valuesOf({ h, end: run.h, last: at(run.y, length - 1) });
    expect(values['end']).toEqual(values['h']);
    expect(values['last']).toEqual(values['h']);
  });
});

it('states begin with zeros', async () => {
  const zeros = constant(float32([1, batch, size], new Float32Array(batch * size)));
  const given = lstm(x, [[weights(4)]], { h: zeros, c: zeros });
  const values = await valuesOf({ given: given.y, left: lstm(x, [[weights(4)]]).y });
  expect(values['left']).toEqual(values['given']);
});

it('the backward direction reads from the end', async () => {
  const [forward, backward] = [weights(3, features, 1), weights(3, features, 2)];
  const both = gru(x, [[forward, backward]]);
  expect(both.y.shape).toEqual([batch, length, 2 * size]);
  const alone = gru(flip(x, [1]), [[backward]]);
  const values = await valuesOf({
    half: slice(both.y, { axis: 2, start: size }),
    alone: flip(alone.y, [1]),
    end: slice(both.h, { axis: 0, start: 1 }),
    endAlone: alone.h,
  });
  expect(values['half']).toEqual(values['alone']);
  expect(values['end']).toEqual(values['endAlone']);
});

it('layers take what the one before gives, both directions side by side', async () => {
  const first = [weights(4, features, 1), weights(4, features, 2)] as const;
  const second = [weights(4, 2 * size, 3), weights(4, 2 * size, 4)] as const;
  const initial = { h: state(4, 0.7), c: state(4, 0.8) };
  const part = (start: number) => ({
    h: slice(initial.h, { axis: 0, start, end: start + 2 }),
    c: slice(initial.c, { axis: 0, start, end: start + 2 }),
  });
  const deep = lstm(x, [first, second], initial);
  const shallow = lstm(x, [first], part(0));
  const above = lstm(shallow.y, [second], part(2));
  const values = await valuesOf({
    y: deep.y,
    above: above.y,
    h: slice(deep.h, { axis: 0, start: 2 }),
    aboveH: above.h,
    c: slice(deep.c, { axis: 0, end: 2 }),
    shallowC: shallow.c,
  });
  expect(values['y']).toEqual(values['above']);
  expect(values['h']).toEqual(values['aboveH']);
  expect(values['c']).toEqual(values['shallowC']);
});

it('takes a batch of any size', () => {
  const free = input('x', 'float32', ['batch', length, features]);
  expect(lstm(free, [[weights(4)]]).y.shape).toEqual(['batch', length, size]);
});

it('refuses states of another number of layers', () => {
  expect(() => gru(x, [[weights(3)]], state(2, 1))).toThrow(
    'states [2, 2, 2] for 1 layers and directions',
  );
});

it.each<[string, number, (h: Value, own: RecurrentWeights) => readonly Value[]]>([
  ['rnn', 1, (h, own) => [rnnCell(at(x, 0), h, own)]],
  ['gru', 3, (h, own) => [gruCell(at(x, 0), h, own)]],
  ['lstm', 4, (h, own) => Object.values(lstmCell(at(x, 0), { h, c: h }, own))],
])('%s: gradients', async (_, gates, of) => {
  await expectGradients({
    at: [waves([batch, size], 0.6), waves([gates * size, features], 1.9)],
    of: ([h, w]) => of(h, { input: w, hidden: slice(w, { axis: 1, end: size }) }),
  });
});
