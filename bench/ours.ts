/**
 * One case, run by modellock, in a process of its own: `ours.ts CASE THREADS`, CASE as JSON.
 * Says {"ready": true, "flops"} on stdout; then for each line on stdin does the work once and says
 * {"ms"}, and where the work has a result, some of its numbers as "output". The peers speak the
 * same protocol.
 */
import { createInterface } from 'node:readline';
import { counterRandom } from '../src/base/random/counter.ts';
import { graphOf } from '../src/graph/graph.ts';
import { matmul } from '../src/graph/ops/matmul/ops.ts';
import { input } from '../src/graph/value.ts';
import { labelsOf } from '../src/nn/config.ts';
import { classifierFrom } from '../src/nn/models/registry.ts';
import { initialise, Scope } from '../src/nn/scope.ts';
import { Session } from '../src/runtime/session.ts';
import { crossEntropy } from '../src/graph/functions/losses.ts';
import { sizeOf, tensor, type Tensor } from '../src/tensor/tensor.ts';
import { objectiveOf, trainedParameters } from '../src/train/objective.ts';
import { adamW, sgd } from '../src/train/optimiser.ts';
import { buildStep } from '../src/train/step.ts';
import { Trainer } from '../src/train/trainer.ts';
import type { Case } from './cases.ts';
import { editWork } from './diffusion/edit.ts';
import { flopsOf } from './flops.ts';
import type { Work } from './work.ts';

const normal = (shape: readonly number[], place: number): Tensor<'float32'> => {
  const random = counterRandom(1, place);
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
};

const done = (work: Promise<unknown>): Promise<undefined> => work.then(() => undefined);

const imagesOf = ({ batch, size = 0 }: Case): readonly number[] => [batch, 3, size, size];

const works: Record<Case['work'], (c: Case, threads: number) => Promise<Work>> = {
  async matmul({ batch: n }, threads) {
    const graph = graphOf({
      y: matmul(input('a', 'float32', [n, n]), input('b', 'float32', [n, n])),
    });
    const session = await Session.create(graph, { threads });
    const feeds = { a: normal([n, n], 1), b: normal([n, n], 2) };
    return { flops: flopsOf(graph), once: () => done(session.run(feeds)) };
  },

  async predict(c, threads) {
    const scope = Scope.root();
    const x = input('x', 'float32', imagesOf(c));
    const graph = graphOf({ y: classifierFrom(c.config!, c.name).build(scope, x).logits });
    const parameters = initialise(scope.declared, counterRandom(1));
    const session = await Session.create(graph, { parameters, threads });
    const feeds = { x: normal(imagesOf(c), 1) };
    return { flops: flopsOf(graph), once: () => done(session.run(feeds)) };
  },

  async train(c, threads) {
    const classes = labelsOf(c.config!).length;
    const { accumulate = 1, gradientCheckpointing, optimiser = 'sgd' } = c;
    const atOnce = { ...c, batch: c.batch / accumulate };
    const scope = Scope.root({ training: true });
    const x = input('x', 'float32', imagesOf(atOnce));
    const target = input('target', 'float32', [atOnce.batch, classes]);
    const { logits } = classifierFrom(c.config!, c.name).build(scope, x);
    const loss = crossEntropy(logits, target);
    const objective = objectiveOf(loss, scope.declared);
    const options = {
      optimiser: { sgd, adamw: adamW }[optimiser](),
      accumulate,
      gradientCheckpointing,
      threads,
    };
    const step = buildStep(objective, trainedParameters(objective, options), options);
    const flops = accumulate * flopsOf(step.graph);
    const weights = initialise(scope.declared, counterRandom(1));
    const trainer = await Trainer.create(objective, options, weights);
    const oneHot = new Float32Array(c.batch * classes);
    for (let i = 0; i < c.batch; i++) oneHot[i * classes + (i % classes)] = 1;
    const batch = {
      x: normal(imagesOf(c), 1),
      target: tensor('float32', [c.batch, classes], oneHot),
    };
    return { flops, once: () => done(trainer.step(batch, 0.01)) };
  },

  edit: editWork,
};

const c = JSON.parse(process.argv[2]) as Case;
const work = await works[c.work](c, Number(process.argv[3]));
console.log(JSON.stringify({ ready: true, flops: work.flops }));
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const output = await work.once();
  console.log(JSON.stringify({ ms: performance.now() - start, output }));
}
