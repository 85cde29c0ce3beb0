import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { decodeSafetensors } from '../formats/safetensors.ts';
import { toNumbers, type Tensor } from '../tensor/tensor.ts';
import type { CheckpointStore } from '../train/fit.ts';
import { classification } from '../tasks/classification.ts';
import { fineTune, type FineTuneOptions } from './fine-tune.ts';
import { tinyCheckpoint } from './testing/tiny-checkpoint.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';
import { defaultTuning, tunings, type FineTuning } from './tuning.ts';

const labels = ['a', 'b', 'c'];

/** Noise of three colours; its class is the brightest. */
const noise: TrainingRow<number>[] = Array.from({ length: 12 }, (_, i) => ({
  group: 'all',
  taught: true,
  read: () => {
    const random = counterRandom(2, i);
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_value, k) =>
      random.integer(k % 3 === i % 3 ? 256 : 128),
    );
    return Promise.resolve({ width: 16, height: 16, data });
  },
  label: () => Promise.resolve(i % 3),
  target: (label, into) => classification.encode(label, into.length, into, 0),
}));
const rows: TrainingRows<number> = { length: noise.length, epoch: () => noise };

/** Every checkpoint of a job, one after each step. */
class Memory implements CheckpointStore {
  readonly where = 'memory';
  readonly saved: Uint8Array[] = [];
  load = (): Promise<Uint8Array | undefined> => Promise.resolve(this.saved.at(-1));
  save = (parts: readonly Uint8Array[]): Promise<void> => {
    this.saved.push(Buffer.concat(parts));
    return Promise.resolve();
  };
}

type Weights = ReadonlyMap<string, Tensor<'float32'>>;

async function tuned(
  type: 'resnet' | 'vit',
  tuning: Partial<FineTuning>,
  more: Partial<FineTuneOptions<number>> = {},
): Promise<Weights> {
  const options = { ...defaultTuning, epochs: 2, batch: 4, ...tuning };
  const base = tinyCheckpoint(type);
  const job = {
    task: classification,
    base,
    labels,
    rows,
    seed: 3,
    threads: 1,
    checkpointSeconds: 0,
  };
  return (await fineTune({ ...job, tuning: options, ...more })).weights;
}

/** Names of the tensors that training has not changed at all. */
function unchanged(type: 'resnet' | 'vit', weights: Weights): string[] {
  const { weights: before } = tinyCheckpoint(type);
  return [...weights.keys()].filter((name) =>
    weights.get(name)!.data.every((value, i) => value === before.get(name)!.data[i]),
  );
}

describe('frozen parameters', () => {
  it('keep their bytes, statistics of batch norms included', async () => {
    const frozen = 'resnet.encoder.stages.0';
    const weights = await tuned('resnet', { freeze: [frozen] });
    const expected = [...weights.keys()].filter((name) => name.startsWith(`${frozen}.`));
    expect(expected).toHaveLength(2 * 5);
    expect(unchanged('resnet', weights).sort()).toEqual(expected.sort());
  });

  it.each(['resnet', 'vit'] as const)('may be all but the head of a %s', async (type) => {
    const weights = await tuned(type, { freeze: 'all-but-head' });
    const same = unchanged(type, weights);
    const changed = [...weights.keys()].filter((name) => !same.includes(name));
    const head = type === 'resnet' ? 'classifier.1' : 'classifier';
    expect(changed.sort()).toEqual([`${head}.bias`, `${head}.weight`]);
  });

  it('are none by default', async () => {
    expect(unchanged('resnet', await tuned('resnet', {}))).toEqual([]);
  });
});

it('learns the layers near the picture more slowly', async () => {
  const before = tinyCheckpoint('vit').weights;
  const checkpoints = new Memory();
  const tuning = { layerDecay: 0.5, headFactor: 1, weightDecay: 0, warmup: 0, learningRate: 1e-3 };
  await tuned('vit', tuning, { checkpoints });
  const { tensors } = decodeSafetensors(checkpoints.saved[0], 'memory');
  // Adam's first step has the length of the learning rate, whatever the gradient.
  const moved = (name: string): number => {
    const first = before.get(name)!.data;
    return Math.max(
      ...first.map((value, i) => Math.abs(Number(tensors.get(name)!.data[i]) - value)),
    );
  };
  expect(moved('vit.layernorm.bias')).toBeCloseTo(1e-3, 5);
  expect(moved('vit.encoder.layer.1.output.dense.weight')).toBeCloseTo(5e-4, 5);
  expect(moved('vit.encoder.layer.0.output.dense.weight')).toBeCloseTo(2.5e-4, 5);
  expect(moved('vit.embeddings.cls_token')).toBeCloseTo(1.25e-4, 5);
});

it('gives the running average of the weights, statistics included', async () => {
  const checkpoints = new Memory();
  const result = await tuned('resnet', { emaDecay: 0.6 }, { checkpoints });
  const before = tinyCheckpoint('resnet').weights;
  const steps = checkpoints.saved.slice(0, 6).map((bytes) => decodeSafetensors(bytes, '').tensors);
  expect(steps).toHaveLength(6);
  // The head begins anew, with weights that are not in the checkpoint.
  for (const name of [...before.keys()].filter((other) => !other.startsWith('classifier'))) {
    const average = [...before.get(name)!.data];
    for (const step of steps) {
      step.get(name)!.data.forEach((value, i) => {
        average[i] = 0.6 * average[i] + 0.4 * Number(value);
      });
    }
    const actual = result.get(name)!.data;
    average.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
  }
});

it.each(['vit', 'resnet'] as const)(
  'begins with a last layer as small as told: %s',
  async (type) => {
    const weights = await tuned(type, { headStd: 1e-3, learningRate: 1e-12, weightDecay: 0 });
    const [name] = [...weights.keys()].filter((other) => /^classifier.*weight$/.test(other));
    const head = [...weights.get(name)!.data];
    const std = Math.sqrt(head.reduce((sum, w) => sum + w * w, 0) / head.length);
    expect(std).toBeGreaterThan(5e-4);
    expect(std).toBeLessThan(2e-3);
    const bias = weights.get(name.replace('weight', 'bias'))!.data;
    expect(Math.max(...bias.map(Math.abs))).toBeLessThan(1e-9);
  },
);

describe('a last layer for classes that the model has', () => {
  const own = ['LABEL_0', 'LABEL_1', 'LABEL_2'];
  const still = { learningRate: 1e-12, weightDecay: 0, epochs: 1 };

  it.each([
    ['as they are', own, [0, 1, 2]],
    ['in another order', ['LABEL_2', 'LABEL_0', 'LABEL_1'], [2, 0, 1]],
  ])('is kept, %s', async (_, names, places) => {
    const notices: string[] = [];
    const weights = await tuned('vit', still, {
      labels: names,
      onNotice: (text) => notices.push(text),
    });
    expect(notices).toEqual(['the classes are those of the model, which keeps its last layer']);
    const before = toNumbers(tinyCheckpoint('vit').weights.get('classifier.weight')!);
    const after = toNumbers(weights.get('classifier.weight')!);
    const wanted = places.flatMap((place) => before.slice(8 * place, 8 * place + 8));
    after.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 6));
  });
});

describe('steps in parts', () => {
  // Large steps, so that training moves far; masks and mixtures are those of the whole step.
  const tuning = { ...tunings.mae, epochs: 2, batch: 4, warmup: 0, learningRate: 0.01 };

  it('train a model without batch norms as whole steps do', async () => {
    const whole = await tuned('vit', tuning);
    const parts = await tuned('vit', { ...tuning, accumulate: 2, gradientCheckpointing: true });
    const { weights: before } = tinyCheckpoint('vit');
    const name = 'vit.encoder.layer.1.output.dense.weight';
    const moved = whole.get(name)!.data.map((value, i) => value - before.get(name)!.data[i]);
    expect(Math.max(...moved.map(Math.abs))).toBeGreaterThan(0.01);
    parts.get(name)!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.get(name)!.data[i], 4);
    });
  });

  it('take rows twice where there are fewer than parts', async () => {
    const few: TrainingRows<number> = { length: 3, epoch: () => noise.slice(0, 3) };
    const weights = await tuned('vit', { ...tuning, accumulate: 4 }, { rows: few });
    expect([...weights.values()].every(({ data }) => data.every(Number.isFinite))).toBe(true);
  });
});

describe.each([
  ['resnet', {}],
  ['vit', {}],
  ['vit', { accumulate: 2, gradientCheckpointing: true }],
] as const)('MAE’s tuning of a %s with %o', (type, more) => {
  const tuning = {
    ...tunings.mae,
    epochs: 2,
    batch: 4,
    warmup: { epochs: 1 },
    emaDecay: 0.9,
    ...more,
  };

  it('ends with the same bytes where it was interrupted', async () => {
    const whole = await tuned(type, tuning);
    const checkpoints = new Memory();
    const controller = new AbortController();
    const stopped = tuned(type, tuning, {
      checkpoints,
      signal: controller.signal,
      onProgress: ({ done }) => done === 3 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    expect(await tuned(type, tuning, { checkpoints })).toEqual(whole);
  });

  it('draws all that is random from the seed', async () => {
    const draw = (seed: number): Promise<Weights> => tuned(type, tuning, { seed });
    expect(await draw(4)).toEqual(await draw(4));
    expect(await draw(4)).not.toEqual(await draw(5));
  });
});

describe('starting weights', () => {
  const without = (name: string): FineTuneOptions<number>['base'] => {
    const base = tinyCheckpoint('resnet');
    const weights = new Map([...base.weights].filter(([other]) => other !== name));
    return { ...base, weights };
  };

  it('are refused where one is missing, by name', async () => {
    const name = 'resnet.encoder.stages.0.layers.0.layer.0.convolution.weight';
    await expect(tuned('resnet', {}, { base: without(name) })).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(`has no tensor "${name}"`) as string,
    });
  });

  it('may lack the head, which is new anyway', async () => {
    const weights = await tuned('resnet', {}, { base: without('classifier.1.weight') });
    expect(weights).toEqual(await tuned('resnet', {}));
  });
});
