import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { float32, int64, sizeOf, toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { graphOf } from '../graph.ts';
import { add, mul, sub } from '../ops/binary/ops.ts';
import { sigmoid, tanh } from '../ops/elementwise/ops.ts';
import { gather } from '../ops/gather/ops.ts';
import { matmul } from '../ops/matmul/ops.ts';
import { chunk, concat } from '../ops/movement/join-ops.ts';
import { matrixTranspose } from '../ops/movement/shape-ops.ts';
import { reduceMean } from '../ops/reduction/ops.ts';
import { evaluate } from '../testing/evaluate.ts';
import { input, parameter, shapeOf, type Producer, type Value } from '../value.ts';
import { checkpointedGradients } from './checkpointing.ts';
import { gradients } from './gradients.ts';
import { segmentsOf } from './segments.ts';

const side = 6;
const x = input('x', 'float32', [side, side]);
const weights = [0, 1, 2].map((i) => parameter(`w${i}`, [side, side]));

function drawn(values: Iterable<Value>): Record<string, Tensor> {
  const random = counterRandom(5);
  const tensors = [...values].map((value) => {
    const { producer } = value;
    const shape = shapeOf(value);
    const draw = (): number => (value.dtype === 'int64' ? random.integer(side) : random.normal());
    const numbers = Array.from({ length: sizeOf(shape) }, draw);
    const make = value.dtype === 'int64' ? int64 : float32;
    return [
      producer.kind === 'parameter' || producer.kind === 'input' ? producer.name : '',
      make(shape, numbers),
    ];
  });
  return Object.fromEntries(tensors) as Record<string, Tensor>;
}

/** Both kinds of gradients of a loss with respect to its parameters, and x where it is float. */
async function bothGradients(y: Value): Promise<{ plain: number[][]; checkpointed: number[][] }> {
  const graph = graphOf({ y });
  const wrt = [...graph.parameters.values(), ...(graph.inputs.has('x') ? [x] : [])];
  const feeds = drawn([...graph.parameters.values(), ...graph.inputs.values()]);
  const of = async (dys: readonly Value[]): Promise<number[][]> => {
    const outputs = Object.fromEntries(dys.map((dy, i) => [`d${i}`, dy]));
    const results = await evaluate(outputs, feeds);
    return dys.map((_, i) => [...(results[`d${i}`].data as Float32Array)]);
  };
  return {
    plain: await of(gradients(y, wrt)),
    checkpointed: await of(checkpointedGradients(y, wrt)),
  };
}

async function expectSame(y: Value): Promise<void> {
  const { plain, checkpointed } = await bothGradients(y);
  plain.forEach((gradient, i) =>
    gradient.forEach((value, k) => expect(checkpointed[i][k]).toBeCloseTo(value, 4)),
  );
}

const layer = (h: Value, i: number): Value => add(h, tanh(matmul(sigmoid(h), weights[i % 3])));

function deep(start: Value, layers: number): Value {
  let h = start;
  for (let i = 0; i < layers; i++) h = layer(h, i);
  return h;
}

describe('checkpointedGradients', () => {
  it('equals gradients where segments share parameters', async () => {
    const y = reduceMean(deep(x, 9));
    expect(segmentsOf(graphOf({ y })).length).toBeGreaterThan(2);
    await expectSame(y);
  });

  it('equals gradients across skip connections and nodes of several outputs', async () => {
    const early = layer(x, 0);
    const [left, right] = chunk(deep(early, 4), 2, 1);
    const late = deep(concat([right, tanh(left)], 1), 4);
    await expectSame(reduceMean(mul(late, sub(early, layer(early, 2)))));
  });

  it('equals gradients where weights are computed from parameters, and inputs are indices', async () => {
    const ids = input('ids', 'int64', [side]);
    const table = matmul(weights[0], matrixTranspose(weights[1]));
    const embedded = gather(table, ids, 0);
    await expectSame(reduceMean(matmul(deep(embedded, 6), table)));
  });

  it('computes again from the same indices where gradients are no numbers', async () => {
    const ids = input('ids', 'int64', [side]);
    const later = [1, 2, 3].map(() => tanh(gather(weights[0], ids, 0)));
    const y = reduceMean(later.reduce((h, more) => add(deep(h, 3), more), deep(later[0], 3)));
    const dys = checkpointedGradients(y, weights);
    const feeds = drawn([ids, ...weights]);
    (feeds['w1'].data as Float32Array).fill(NaN);
    const results = await evaluate(Object.fromEntries(dys.map((dy, i) => [`d${i}`, dy])), feeds);
    for (const t of Object.values(results)) expect(toNumbers(t).some(Number.isNaN)).toBe(true);
  });

  it('gives zeros for what the value does not depend on', async () => {
    const other = parameter('other', [2]);
    const [dy] = checkpointedGradients(reduceMean(deep(x, 6)), [other]);
    expect((await evaluate({ dy }))['dy'].data).toEqual(new Float32Array(2));
  });

  it('equals gradients of random graphs', async () => {
    const steps = fc.array(fc.record({ op: fc.nat(3), a: fc.nat(1e6), b: fc.nat(1e6) }), {
      minLength: 6,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const known: Value[] = [x, ...weights];
        for (const { op, a, b } of plan) {
          const [left, right] = [known[a % known.length], known[b % known.length]];
          const made = [
            () => mul(add(left, right), 0.5),
            () => tanh(matmul(left, right)),
            () => sigmoid(sub(left, right)),
            () => concat([...chunk(left, 2, 1)].reverse(), 1),
          ];
          known.push(made[op]());
        }
        await expectSame(reduceMean(known.slice(-3).reduce((sum, value) => add(sum, value))));
      }),
      { numRuns: 15 },
    );
  });

  it('keeps of the forward pass what crosses from one segment to the next, and no more', () => {
    const y = reduceMean(deep(x, 12));
    const segments = segmentsOf(graphOf({ y }));
    const inner = new Set<Producer>(segments.slice(0, -1).flatMap(({ nodes }) => nodes));
    const crossing = new Set<Producer>(
      segments.flatMap(({ taken }) => taken.map(({ producer }) => producer)),
    );
    const forward = new Set<Producer>(graphOf({ y }).nodes);
    const dys = checkpointedGradients(y, weights);
    const { nodes } = graphOf({ y, ...Object.fromEntries(dys.map((dy, i) => [`d${i}`, dy])) });
    const readLater = nodes
      .filter((node) => !forward.has(node))
      .flatMap(({ inputs }) => inputs)
      .filter((value) => value && inner.has(value.producer));
    expect(readLater.length).toBeGreaterThan(0);
    expect(readLater.filter((value) => !crossing.has(value!.producer))).toEqual([]);
  });
});
