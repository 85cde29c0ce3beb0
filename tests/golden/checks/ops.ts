import { messageOf, ModelLockError } from '../../../src/base/error.ts';
import { gradients } from '../../../src/graph/autodiff/gradients.ts';
import { graphOf } from '../../../src/graph/graph.ts';
import { add, mul } from '../../../src/graph/ops/binary/ops.ts';
import { reduceSum } from '../../../src/graph/ops/reduction/ops.ts';
import { constant, input, type Value } from '../../../src/graph/value.ts';
import { Session } from '../../../src/runtime/session.ts';
import { isFloating } from '../../../src/tensor/dtype.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import type { OpCase, OpResult, OpTable } from '../ops/case.ts';
import { elementwiseTable } from '../ops/elementwise.ts';
import { movementTable } from '../ops/movement.ts';
import { productTable } from '../ops/products.ts';
import { recurrentTable } from '../ops/recurrent.ts';
import { statisticsTable } from '../ops/statistics.ts';

/** How each operator of the golden cases is written with ours. */
const operators: OpTable = {
  ...elementwiseTable,
  ...productTable,
  ...movementTable,
  ...recurrentTable,
  ...statisticsTable,
};

/** Every case of a family of operators, forward and backward. */
export async function check(golden: GoldenCase): Promise<void> {
  const cases = golden.info.cases as Readonly<Record<string, OpCase>>;
  for (const [name, opCase] of Object.entries(cases)) {
    try {
      const actual = await evaluate(golden, name, opCase);
      for (const [output, value] of actual) golden.compare(output, value);
    } catch (error) {
      golden.fail(`${name}: ${messageOf(error)}`);
    }
  }
}

/** The outputs of one case and the gradients of its inputs, by the names they have in the file. */
async function evaluate(
  golden: GoldenCase,
  name: string,
  { op, inputs: names, attributes = {} }: OpCase,
): Promise<ReadonlyMap<string, Tensor>> {
  const build = operators[op];
  if (!build) throw new ModelLockError('unsupported', `operator "${op}" of case ${name}`);
  const given = names.map((arg) => golden.tensor(`${name}.in.${arg}`));
  const inputs = given.map(({ dtype, shape }, i) => input(names[i], dtype, shape));
  // Cases that go together share their state: batch_norm.train.0 starts from batch_norm.eval.0's.
  const state = (what: string): Value =>
    constant(golden.tensor(`${name.replace('.train.', '.eval.')}.${what}`));
  const built = build(inputs, {
    name,
    attributes,
    named: (arg) => inputs[names.indexOf(arg)],
    state,
  });
  const { outputs, extra = {} }: OpResult = 'producer' in built ? { outputs: [built] } : built;
  const suffixes = outputs.length === 1 ? [''] : outputs.map((_, i) => `.${i}`);
  const trained = inputs.filter(({ dtype }) => isFloating(dtype));
  const upstream = suffixes.map((suffix) => golden.tensor(`${name}.upstream${suffix}`));
  const grads = gradients(weightedSum(outputs, upstream), trained);

  const session = await Session.create(
    graphOf({
      ...Object.fromEntries(outputs.map((y, i) => [`${name}.out${suffixes[i]}`, y])),
      ...Object.fromEntries(Object.entries(extra).map(([key, y]) => [`${name}.${key}`, y])),
      ...Object.fromEntries(grads.map((dx, i) => [`${name}.grad.${nameOf(trained[i])}`, dx])),
    }),
    { threads: 1 },
  );
  try {
    const feeds = names.map((arg, i) => [arg, given[i]] as const);
    const used = feeds.filter(([arg]) => session.inputNames.includes(arg));
    return new Map(Object.entries(await session.run(Object.fromEntries(used))));
  } finally {
    await session.dispose();
  }
}

/** The loss whose gradients the files hold: the sum of every output times its upstream gradient. */
function weightedSum(outputs: readonly Value[], upstream: readonly Tensor[]): Value {
  return outputs
    .map((y, i) => reduceSum(mul(y, constant(upstream[i]))))
    .reduce((sum, term) => add(sum, term));
}

function nameOf({ producer }: Value): string {
  return producer.kind === 'input' ? producer.name : '';
}
