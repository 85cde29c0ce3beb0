import { describe, expect, it } from 'vitest';
import { float32 } from '../tensor/tensor.ts';
import { linear } from './functions/linear.ts';
import { graphOf } from './graph.ts';
import { add, mul } from './ops/binary/ops.ts';
import { matmul } from './ops/matmul/ops.ts';
import { chunk } from './ops/movement/join-ops.ts';
import { stagesOf } from './stages.ts';
import { evaluate } from './testing/evaluate.ts';
import { input, parameter } from './value.ts';

const x = input('x', 'float32', [2]);
const text = input('text', 'float32', [4]);
const w = parameter('w', [4]);

describe('stagesOf', () => {
  it('takes out what the known inputs decide, once for all that use it', async () => {
    const [left, right] = chunk(mul(text, w), 2, 0);
    const outputs = { sum: add(add(x, left), right), product: mul(x, left), left };
    const { first, second } = stagesOf(graphOf(outputs), new Set(['text']));
    expect([...first.inputs.keys()]).toEqual(['text']);
    expect([...first.parameters.keys()]).toEqual(['w']);
    expect(first.outputs.size).toBe(2);
    expect([...second.inputs.keys()].sort()).toEqual(['stage/0', 'stage/1', 'x']);
    expect(second.parameters.size).toBe(0);

    const given = { text: float32([4], [1, 2, 3, 4]), w: float32([4], [10, 10, 10, 10]) };
    const whole = await evaluate(outputs, { x: float32([2], [5, 6]), ...given });
    const handed = await evaluate(Object.fromEntries(first.outputs), given);
    const rest = { x: float32([2], [5, 6]), ...handed };
    expect(await evaluate(Object.fromEntries(second.outputs), rest)).toEqual(whole);
  });

  it('takes out a layer of a known input, but not what no input decides', () => {
    const square = parameter('square', [4, 4]);
    const row = input('row', 'float32', [4]);
    const graph = graphOf({ y: add(linear(row, square), linear(text, square)) });
    const { first, second } = stagesOf(graph, new Set(['text']));
    expect([...first.outputs.values()].map(({ shape }) => shape)).toEqual([[4]]);
    expect([...first.parameters.keys()]).toEqual(['square']);
    expect([...second.inputs.keys()]).toEqual(['row', 'stage/0']);
    expect([...second.parameters.keys()]).toEqual(['square']);
  });

  it('leaves alone what mixes both, and what no input decides', () => {
    const square = parameter('square', [2, 2]);
    const graph = graphOf({ y: matmul(mul(x, parameter('v', [2])), mul(square, square)) });
    const { first, second } = stagesOf(graph, new Set(['text']));
    expect(first.outputs.size).toBe(0);
    expect(second.nodes.length).toBe(graph.nodes.length);
  });
});
