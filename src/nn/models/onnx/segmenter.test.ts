import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { counterRandom } from '../../../base/random/counter.ts';
import { readOnnx } from '../../../formats/onnx/read.ts';
import { encodeOnnx } from '../../../formats/onnx/write.ts';
import { graphOf } from '../../../graph/graph.ts';
import { resize } from '../../../graph/ops/resize/ops.ts';
import { input, type Value } from '../../../graph/value.ts';
import { Session } from '../../../runtime/session.ts';
import { float32, toNumbers } from '../../../tensor/tensor.ts';
import { initialise, Scope } from '../../scope.ts';
import { segmentationUNet, segmentationUNetConfig } from '../segmentation-unet.ts';
import { isSegmenter, segmenterFrom } from '../segmenters.ts';
import { onnxConfigOf } from './model.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-segmenter-'));
});
afterEach(() => rm(folder, { recursive: true }));

const shape = [2, 3, 8, 12];
const pixels = counterRandom(5);
const x = float32(
  shape,
  Array.from({ length: shape.reduce((a, b) => a * b) }, () => pixels.normal()),
);

it.each<[string, (logits: Value) => Value]>([
  ['as they are', (logits) => logits],
  ['resized', (logits) => resize(logits, { scale: [2, 2], mode: 'linear' })],
])('an ONNX file that gives maps, %s, is a segmenter', async (_, finish) => {
  const scope = Scope.root();
  const config = segmentationUNetConfig.parse({ channels: [4, 8], classes: 3 });
  const { logits } = segmentationUNet(scope, config, input('x', 'float32', ['batch', 3, 8, 12]));
  const weights = initialise(scope.declared, counterRandom(1));
  const file = join(folder, 'model.onnx');
  await writeFile(file, encodeOnnx(graphOf({ y: finish(logits) }), { parameters: weights }));

  const read = onnxConfigOf(await readOnnx(file), { labels: ['sky', 'road', 'tree'] });
  expect(isSegmenter(read)).toBe(true);
  const network = segmenterFrom(read, file);
  expect(network.labels).toEqual(['sky', 'road', 'tree']);
  const built = network.build(Scope.root(), input('x', 'float32', shape));
  expect(built.beforeLastRelu?.shape).toEqual([2, 4, 8, 12]);

  const plain = segmentationUNet(Scope.root(), config, input('x', 'float32', shape)).logits;
  const results = await Promise.all(
    [built.logits, plain].map(async (value) => {
      const session = await Session.create(graphOf({ y: value }), { parameters: weights });
      const { y } = await session.run({ x });
      await session.dispose();
      return toNumbers(y);
    }),
  );
  results[0].forEach((value, i) => expect(value).toBeCloseTo(results[1][i], 5));
});
