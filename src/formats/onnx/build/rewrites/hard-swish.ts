import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import type { Value } from '../../../../graph/value.ts';
import { hardSwish } from '../../../../graph/ops/elementwise/ops.ts';
import { factorsOf, isProduct, nearly, numberOf, sumWith } from './factors.ts';

/** x clip(x + 3, 0, 6) / 6, or x times a hard sigmoid of slope 1/6, as one operator (arXiv 1905.02244). */
export const wholeHardSwish: Rewrite = (node) => {
  if (!isProduct(node)) return undefined;
  const { number, values } = factorsOf(node.outputs[0]);
  if (values.length !== 2) return undefined;
  for (const [x, gate] of [values, values.toReversed()]) {
    if (nearly(number, 1) && isHardSigmoid(gate, x)) return [hardSwish(x)];
    if (nearly(number, 1 / 6) && isRelu6Of3More(gate, x)) return [hardSwish(x)];
  }
  return undefined;
};

function isHardSigmoid(gate: Value, x: Value): boolean {
  const node = nodeOf(gate, 'HardSigmoid');
  const { alpha = 0.2, beta = 0.5 } = node?.attributes ?? {};
  return node?.inputs[0] === x && nearly(Number(alpha), 1 / 6) && nearly(Number(beta), 0.5);
}

function isRelu6Of3More(gate: Value, x: Value): boolean {
  const [sum, min, max] = nodeOf(gate, 'Clip')?.inputs ?? [];
  return sum !== undefined && numberOf(min) === 0 && numberOf(max) === 6 && sumWith(sum, 3) === x;
}
