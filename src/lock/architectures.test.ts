import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { channelsOf, type ModelCheckpoint } from '../bundle/checkpoint.ts';
import { exportOnnx } from '../bundle/write.ts';
import { preprocessor } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { initialise, Scope } from '../nn/scope.ts';
import { tinyClassifiers } from '../nn/testing/tiny-classifiers.ts';
import { Session } from '../runtime/session.ts';
import { float32, toNumbers, type Tensor } from '../tensor/tensor.ts';
import { classification } from '../tasks/classification.ts';
import { fineTune } from './fine-tune.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';
import { defaultTuning, type FineTuning } from './tuning.ts';

const side = 32;
const random = counterRandom(4);

/** Noise of three colours; its class is the brightest. */
const noise: TrainingRow<number>[] = Array.from({ length: 8 }, (_, i) => ({
  group: 'all',
  taught: true,
  read: () => {
    const data = Uint8Array.from({ length: side * side * 3 }, (_value, k) =>
      random.integer(k % 3 === i % 3 ? 256 : 128),
    );
    return Promise.resolve({ width: side, height: side, data });
  },
  label: () => Promise.resolve(i % 3),
  target: (label, into) => classification.encode(label, into.length, into, 0),
}));
const rows: TrainingRows<number> = { length: noise.length, epoch: () => noise };

const [grey] = tinyClassifiers
  .filter((config) => config['model_type'] === 'vit')
  .map((config) => ({ ...config, num_channels: 1 }));

describe.each([...tinyClassifiers, grey])('$model_type', (config) => {
  const classifier = classifierFrom(config, 'config.json');
  const scope = Scope.root();
  const { channels } = classifier;
  const x = input('x', 'float32', [4, channels, side, side]);
  const { logits } = classifier.build(scope, x);
  const base: ModelCheckpoint = {
    weightsPath: '',
    layout: '',
    notes: [],
    config,
    preprocessorJson: { size: side },
    network: classifier,
    preprocessor: preprocessor(
      preprocessorConfig.parse({ size: side }),
      channelsOf(classifier, 'config.json'),
    ),
    weights: initialise(scope.declared, random),
  };

  /** The tensors that training changes. */
  async function changedBy(tuning: Partial<FineTuning>): Promise<string[]> {
    const { weights } = await fineTune({
      task: classification,
      base,
      labels: ['a', 'b', 'c'],
      rows,
      tuning: { ...defaultTuning, epochs: 1, batch: 4, ...tuning },
      seed: 3,
      threads: 1,
    });
    const isSame = (name: string, { data }: Tensor): boolean =>
      data.every((value, i) => value === base.weights.get(name)!.data[i]);
    return [...weights]
      .filter(([name, t]) => !isSame(name, t))
      .map(([name]) => name)
      .sort();
  }

  it('is fine-tuned in all its parts, or only its head', async () => {
    const names = [...base.weights.keys()].sort();
    expect(await changedBy({ dropPath: 0.1 })).toEqual(names);
    expect(await changedBy({ freeze: 'all-but-head' })).toEqual(names.filter(classifier.isHead));
  });

  it('is exported for batches of any size, and computes the same', async () => {
    const bytes = exportOnnx({
      config,
      weights: base.weights,
      size: { height: side, width: side },
    });
    const exported = await Session.load(bytes);
    const fixed = await Session.create(graphOf({ logits }), { parameters: base.weights });
    const pixels = float32(
      [4, channels, side, side],
      Array.from({ length: 4 * channels * side * side }, () => random.normal()),
    );
    const expected = toNumbers((await fixed.run({ x: pixels }))['logits']);
    for (const batch of [1, 4]) {
      const some = pixels.data.slice(0, batch * channels * side * side);
      const given = float32([batch, channels, side, side], some);
      const results = await exported.run({ pixel_values: given });
      expect(results['logits'].shape).toEqual([batch, 3]);
      for (const [i, value] of toNumbers(results['logits']).entries()) {
        expect(value).toBeCloseTo(expected[i], 5);
      }
    }
    await exported.dispose();
    await fixed.dispose();
  });
});
