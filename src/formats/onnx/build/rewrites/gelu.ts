import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import type { Value } from '../../../../graph/value.ts';
import { gelu } from '../../../../graph/ops/elementwise/ops.ts';
import { factorsOf, isProduct, nearly, numberOf, sumWith } from './factors.ts';

/** 0.5 x (1 + erf(x / sqrt(2))), or its approximation by tanh, as one operator (arXiv 1606.08415). */
export const wholeGelu: Rewrite = (node) => {
  if (!isProduct(node)) return undefined;
  const { number, values } = factorsOf(node.outputs[0]);
  if (values.length !== 2 || !nearly(number, 0.5)) return undefined;
  for (const [x, sum] of [values, values.toReversed()]) {
    const curve = sumWith(sum, 1);
    if (!curve) continue;
    if (isErf(curve, x)) return [gelu(x)];
    if (isTanh(curve, x)) return [gelu(x, 'tanh')];
  }
  return undefined;
};

/** erf(x / sqrt(2)). */
function isErf(curve: Value, x: Value): boolean {
  const argument = nodeOf(curve, 'Erf')?.inputs[0];
  if (!argument) return false;
  const { number, values } = factorsOf(argument, 1);
  return values.length === 1 && values[0] === x && nearly(number, Math.SQRT1_2);
}

/** tanh(sqrt(2 / pi) (x + 0.044715 x^3)). */
function isTanh(curve: Value, x: Value): boolean {
  const argument = nodeOf(curve, 'Tanh')?.inputs[0];
  if (!argument) return false;
  const { number, values } = factorsOf(argument, 1);
  if (values.length !== 1 || !nearly(number, Math.sqrt(2 / Math.PI))) return false;
  const terms = nodeOf(values[0], 'Add')?.inputs ?? [];
  const cubic = terms.find((term) => term !== x);
  return terms.includes(x) && cubic !== undefined && isCubic(cubic, x);
}

/** 0.044715 x^3. */
function isCubic(value: Value, x: Value): boolean {
  const { number, values } = factorsOf(value);
  if (!nearly(number, 0.044715)) return false;
  const powers = values.map((factor) => powerOf(factor, x));
  return powers.every((power) => power !== undefined) && powers.reduce((a, b) => a + b, 0) === 3;
}

/** Which power of x a factor is. */
function powerOf(factor: Value, x: Value): number | undefined {
  if (factor === x) return 1;
  const power = nodeOf(factor, 'Pow');
  return power?.inputs[0] === x ? numberOf(power.inputs[1]) : undefined;
}
