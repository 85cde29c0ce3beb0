import { beforeAll, describe, expect, it, vi } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { crossEntropy } from '../graph/functions/losses.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { initialise, Scope } from '../nn/scope.ts';
import { Session } from '../runtime/session.ts';
import { float32, int64, sliceRows, toNumbers, type Tensor } from '../tensor/tensor.ts';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import type { StepOptions } from './objective.ts';
import { adamW, sgd } from './optimiser.ts';
import { Trainer } from './trainer.ts';

const rows = 8;
const configs = {
  vit: {
    model_type: 'vit',
    num_labels: 3,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 16,
    image_size: 16,
    patch_size: 8,
  },
  resnet: {
    model_type: 'resnet',
    num_labels: 3,
    embedding_size: 4,
    hidden_sizes: [4, 8],
    depths: [1, 1],
    layer_type: 'basic',
  },
};
type Name = keyof typeof configs;

/** A classifier with fresh weights, of the rows that are run at once. */
function create(
  name: Name,
  options: StepOptions,
  atOnce = rows / (options.accumulate ?? 1),
): Promise<Trainer> {
  const scope = Scope.root({ training: true });
  const x = input('x', 'float32', [atOnce, 3, 16, 16]);
  const { logits } = classifierFrom(configs[name], 'config.json').build(scope, x);
  const loss = crossEntropy(logits, input('labels', 'int64', [atOnce]));
  const { parameters } = graphOf({ loss });
  return Trainer.create(
    { loss, parameters, updates: scope.declared.updates },
    { threads: 1, ...options },
    initialise(scope.declared, counterRandom(1)),
  );
}

function batch(step: number): Record<string, Tensor> {
  const random = counterRandom(7, step);
  const pixels = Array.from({ length: rows * 3 * 16 * 16 }, () => random.normal());
  const labels = Array.from({ length: rows }, () => random.integer(3));
  return { x: float32([rows, 3, 16, 16], pixels), labels: int64([rows], labels) };
}

interface Trained {
  readonly metrics: readonly Readonly<Record<string, number>>[];
  readonly current: ReadonlyMap<string, Tensor>;
  readonly averaged: ReadonlyMap<string, Tensor>;
}

async function train(name: Name, options: StepOptions, steps = 3): Promise<Trained> {
  const trainer = await create(name, options);
  const metrics: Record<string, number>[] = [];
  for (let step = 0; step < steps; step++) {
    const { loss, grad_norm: norm } = await trainer.step(batch(step), 0.05 / (step + 1));
    metrics.push({ loss: toNumbers(loss)[0], norm: toNumbers(norm)[0] });
  }
  await trainer.dispose();
  const [current, averaged] = [trainer.weights(), trainer.weights('averaged')];
  return { metrics, current, averaged };
}

function expectClose(actual: Trained, expected: Trained): void {
  actual.metrics.forEach(({ loss, norm }, i) => {
    expect(loss).toBeCloseTo(expected.metrics[i]['loss'], 4);
    expect(norm).toBeCloseTo(expected.metrics[i]['norm'], 3);
  });
  for (const kind of ['current', 'averaged'] as const) {
    for (const [name, t] of expected[kind]) {
      const values = toNumbers(actual[kind].get(name)!);
      toNumbers(t).forEach((value, i) => expect(values[i], name).toBeCloseTo(value, 3));
    }
  }
}

const everything = {
  emaDecay: 0.7,
  clipNorm: 0.4,
  parameterOptions: (name: string, shape: readonly number[]) => ({
    learningRate: name.includes('embeddings') ? 0 : name.includes('layer.0') ? 0.5 : 1,
    ...(shape.length > 1 ? {} : { weightDecay: 0 }),
  }),
};

describe.each<[string, StepOptions]>([
  ['sgd', { optimiser: sgd({ nesterov: true, weightDecay: 1e-3 }) }],
  // Adam divides by the size of the gradient: where that is rounding, so is the step.
  ['adamw', { optimiser: adamW({ eps: 1e-3 }) }],
  ['all options', { optimiser: adamW({ eps: 1e-3 }), ...everything }],
])('with %s, steps', (_, options) => {
  let atOnce: Trained;
  beforeAll(async () => {
    atOnce = await train('vit', options);
    const { clipNorm = 0 } = options;
    expect(atOnce.metrics.every(({ norm }) => norm > clipNorm)).toBe(true);
  });

  it.each([2, 8])('in %i parts are those of all rows at once', async (accumulate) => {
    expectClose(await train('vit', { ...options, accumulate }), atOnce);
  });

  it.each([1, 4])('with gradient checkpointing, in %i parts, as well', async (accumulate) => {
    const checkpointed = { ...options, accumulate, gradientCheckpointing: true };
    expectClose(await train('vit', checkpointed), atOnce);
  });
});

it('batch norms are trained the same with gradient checkpointing', async () => {
  const options = { optimiser: sgd(), emaDecay: 0.5 };
  const checkpointed = { ...options, gradientCheckpointing: true };
  expectClose(await train('resnet', checkpointed), await train('resnet', options));
});

it('running statistics change with each part, as those of PyTorch do', async () => {
  const accumulated = await create('resnet', { optimiser: sgd(), accumulate: 4 });
  await accumulated.step(batch(0), 0.1);
  // A rate of zero: the parts as steps of their own, which see the same weights.
  const apart = await create('resnet', { optimiser: sgd() }, rows / 4);
  for (let part = 0; part < 4; part++) {
    const { x, labels } = batch(0);
    await apart.step({ x: sliceRows(x, 2 * part, 2), labels: sliceRows(labels, 2 * part, 2) }, 0);
  }
  const [actual, expected] = [accumulated.weights(), apart.weights()];
  const statistics = [...expected.keys()].filter((name) => name.includes('running_'));
  expect(statistics.length).toBeGreaterThan(0);
  for (const name of statistics) {
    expect(toNumbers(actual.get(name)!), name).toEqual(toNumbers(expected.get(name)!));
  }
  await Promise.all([accumulated.dispose(), apart.dispose()]);
});

it('a training goes on from a checkpoint with the same bytes', async () => {
  const options = { optimiser: adamW(), accumulate: 4, ...everything };
  const whole = await create('resnet', options);
  for (let step = 0; step < 4; step++) await whole.step(batch(step), 0.01);
  const first = await create('resnet', options);
  for (let step = 0; step < 2; step++) await first.step(batch(step), 0.01);
  const second = await create('resnet', options);
  restoreCheckpoint(second, Buffer.concat(encodeCheckpoint(first)), 'memory');
  for (let step = 2; step < 4; step++) await second.step(batch(step), 0.01);
  const [resumed, expected] = [second, whole].map(encodeCheckpoint);
  expect(Buffer.concat(resumed)).toEqual(Buffer.concat(expected));
  await Promise.all([whole, first, second].map((trainer) => trainer.dispose()));
});

it('an aborted step ends before the next part', async () => {
  const trainer = await create('vit', { optimiser: sgd(), accumulate: 4 });
  const step = trainer.step(batch(0), 0.1, AbortSignal.abort());
  await expect(step).rejects.toMatchObject({ code: 'interrupted' });
  expect(trainer.steps).toBe(0);
  await trainer.dispose();
});

it('gives back the sessions that it had when one cannot be made', async () => {
  const make = Session.create.bind(Session);
  const made: Session[] = [];
  vi.spyOn(Session, 'create').mockImplementation(async (...given) => {
    if (made.length === 2) throw new Error('out of memory');
    const session = await make(...given);
    made.push(session);
    return session;
  });
  const disposed = vi.spyOn(Session.prototype, 'dispose');
  await expect(create('resnet', { optimiser: sgd(), accumulate: 4 })).rejects.toThrow('out of');
  expect(new Set(disposed.mock.contexts)).toEqual(new Set(made));
  vi.restoreAllMocks();
});

it('sliceRows gives a view of some rows', () => {
  const t = float32([3, 2], [1, 2, 3, 4, 5, 6]);
  expect(sliceRows(t, 1, 2)).toEqual(float32([2, 2], [3, 4, 5, 6]));
  expect(sliceRows(t, 1, 2).data.buffer).toBe(t.data.buffer);
});
