import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { withWeights } from '../bundle/checkpoint.ts';
import { readOnnxClassifier } from '../bundle/onnx-checkpoint.ts';
import { Predictor } from '../bundle/predictor.ts';
import { exportOnnx } from '../bundle/write.ts';
import { Session } from '../runtime/session.ts';
import type { RgbImage } from '../tensor/image.ts';
import { toNumbers, zeros } from '../tensor/tensor.ts';
import { classification } from '../tasks/classification.ts';
import { fineTune } from './fine-tune.ts';
import { tinyCheckpoint } from './testing/tiny-checkpoint.ts';
import type { TrainingRow } from './training-rows.ts';
import { defaultTuning } from './tuning.ts';

const side = 16;

/** Noise of three colours; its class is the brightest. */
function picture(i: number): RgbImage {
  const random = counterRandom(2, i);
  const data = Uint8Array.from({ length: side * side * 3 }, (_, k) =>
    random.integer(k % 3 === i % 3 ? 256 : 96),
  );
  return { width: side, height: side, data };
}

const rows: TrainingRow<number>[] = Array.from({ length: 12 }, (_, i) => ({
  group: 'all',
  taught: true,
  read: () => Promise.resolve(picture(i)),
  label: () => Promise.resolve(i % 3),
  target: (label, into) => classification.encode(label, into.length, into, 0),
}));

it.each(['resnet', 'vit'] as const)(
  'a %s that came as an ONNX file learns other classes, and is exported again',
  async (type) => {
    const folder = await mkdtemp(join(tmpdir(), 'onnx-tune-'));
    const file = join(folder, 'model.onnx');
    const { config, weights } = tinyCheckpoint(type);
    const size = { height: side, width: side };
    await writeFile(file, exportOnnx({ config, weights, size }));
    const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
    const base = await readOnnxClassifier(file, { normalisation });
    await rm(folder, { recursive: true });

    const tuned = await fineTune({
      task: classification,
      base,
      labels: ['red', 'green', 'blue', 'none'],
      rows: { length: rows.length, epoch: () => rows },
      tuning: { ...defaultTuning, epochs: 25, batch: 4, learningRate: 1e-2, shift: 0 },
      seed: 3,
      threads: 1,
    });
    const predictor = await Predictor.create(withWeights(base, tuned));
    expect(predictor.labels).toEqual(['red', 'green', 'blue', 'none']);
    const logits = toNumbers(await predictor.logits([0, 1, 2].map(picture)));
    await predictor.dispose();
    const winners = [0, 4, 8].map((start) => {
      const row = logits.slice(start, start + 4);
      return row.indexOf(Math.max(...row));
    });
    expect(winners).toEqual([0, 1, 2]);

    const session = await Session.load(exportOnnx({ ...tuned, size }));
    const results = await session.run({ pixel_values: zeros('float32', [2, 3, side, side]) });
    await session.dispose();
    expect(results['logits'].shape).toEqual([2, 4]);
  },
);
