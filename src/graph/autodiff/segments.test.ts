import { describe, expect, it } from 'vitest';
import { graphOf, type Graph } from '../graph.ts';
import { add, mul } from '../ops/binary/ops.ts';
import { tanh } from '../ops/elementwise/ops.ts';
import { matmul } from '../ops/matmul/ops.ts';
import { concat } from '../ops/movement/join-ops.ts';
import { matrixTranspose } from '../ops/movement/shape-ops.ts';
import { reduceMean } from '../ops/reduction/ops.ts';
import { input, parameter, type Value } from '../value.ts';
import { segmentsOf } from './segments.ts';

const width = 8;
const x = input('x', 'float32', [4, width]);

/** Widens, and comes back to the residual stream: the narrow places lie between blocks. */
function block(h: Value, i: number): Value {
  const wide = matmul(h, parameter(`up${i}`, [width, 64]));
  return add(h, matmul(tanh(mul(wide, 0.5)), parameter(`down${i}`, [64, width])));
}

const chain = (blocks: number): Graph => {
  let h: Value = x;
  for (let i = 0; i < blocks; i++) h = block(h, i);
  return graphOf({ y: reduceMean(h) });
};

describe('segmentsOf', () => {
  it('has every node that depends on an input once, in order', () => {
    const graph = chain(6);
    const nodes = segmentsOf(graph).flatMap((segment) => segment.nodes);
    expect(nodes).toEqual(graph.nodes);
  });

  it('cuts between blocks, where the fewest bytes cross', () => {
    const segments = segmentsOf(chain(6));
    expect(segments.length).toBe(6);
    for (const { nodes, taken } of segments.slice(1)) {
      expect(taken.map((value) => value.shape)).toEqual([[4, width]]);
      expect(nodes.at(-1)!.operator.name).toMatch(/Add|ReduceMean/);
    }
  });

  it('lets a skip connection cross every cut on its way', () => {
    const first = block(x, 0);
    let h = first;
    for (let i = 1; i < 5; i++) h = block(h, i);
    const y = reduceMean(concat([first, h], 1));
    const segments = segmentsOf(graphOf({ y }));
    expect(segments.length).toBeGreaterThan(2);
    expect(segments.at(-1)!.taken).toContain(first);
  });

  it('leaves out what depends on parameters alone', () => {
    const w = parameter('w', [width, width]);
    const y = reduceMean(matmul(x, matrixTranspose(w)));
    const names = segmentsOf(graphOf({ y })).flatMap(({ nodes }) =>
      nodes.map(({ operator }) => operator.name),
    );
    expect(names).toEqual(['MatMul', 'ReduceMean']);
    expect(segmentsOf(graphOf({ y: reduceMean(w) }))).toEqual([]);
  });

  it('keeps a graph in one piece where cutting saves nothing', () => {
    expect(segmentsOf(graphOf({ y: reduceMean(x) }))).toHaveLength(1);
  });
});
