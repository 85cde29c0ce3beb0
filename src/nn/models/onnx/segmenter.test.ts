import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { counterRandom } from '../../../base/random/counter.ts';
import { readOnnx } from '../../../formats/onnx/read.ts';
import { encodeOnnx } from '../../../formats/onnx/write.ts';
import { graphOf } from '../../../graph/graph.ts';
import { resize, resizes } from '../../../graph/ops/resize/ops.ts';
import type { Shape } from '../../../graph/shape.ts';
import { apply, input, ints, type Value } from '../../../graph/value.ts';
import { Session } from '../../../runtime/session.ts';
import { float32, toNumbers, type Tensor } from '../../../tensor/tensor.ts';
import type { RawConfig } from '../../config.ts';
import { initialise, Scope } from '../../scope.ts';
import { segmentationUNet, segmentationUNetConfig } from '../segmentation-unet.ts';
import { withLabels } from '../registry.ts';
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

/** A file of a U-Net of three classes, read, and its weights. */
async function segmenterOf(finish: (logits: Value) => Value): Promise<{
  readonly file: string;
  readonly read: RawConfig;
  readonly weights: ReadonlyMap<string, Tensor>;
}> {
  const scope = Scope.root();
  const { logits } = segmentationUNet(scope, config, input('x', 'float32', ['batch', 3, 8, 12]));
  const weights = initialise(scope.declared, counterRandom(1));
  const file = join(folder, 'model.onnx');
  await writeFile(file, encodeOnnx(graphOf({ y: finish(logits) }), { parameters: weights }));
  const read = onnxConfigOf(await readOnnx(file), { labels: ['sky', 'road', 'tree'] });
  return { file, read, weights };
}

const config = segmentationUNetConfig.parse({ channels: [4, 8], classes: 3 });

it.each<[string, (logits: Value) => Value]>([
  ['as they are', (logits) => logits],
  ['resized', (logits) => resize(logits, { scale: [2, 2], mode: 'linear' })],
  [
    'resized in another way',
    (logits) =>
      resize(resize(logits, { scale: [2, 2], mode: 'nearest' }), {
        size: [16, 24],
        mode: 'linear',
      }),
  ],
])('an ONNX file that gives maps, %s, is a segmenter that gives the same', async (_, finish) => {
  const { file, read, weights } = await segmenterOf(finish);
  expect(isSegmenter(read)).toBe(true);
  const network = segmenterFrom(read, file);
  expect(network.labels).toEqual(['sky', 'road', 'tree']);
  const built = network.build(Scope.root(), input('x', 'float32', shape));
  expect(built.beforeLastRelu?.shape).toEqual([2, 4, 8, 12]);

  const plain = segmentationUNet(Scope.root(), config, input('x', 'float32', shape)).logits;
  const results = await Promise.all(
    [built.logits, finish(plain)].map(async (value) => {
      const session = await Session.create(graphOf({ y: value }), { parameters: weights });
      const { y } = await session.run({ x });
      await session.dispose();
      return y;
    }),
  );
  expect(results[0].shape).toEqual(results[1].shape);
  const [own, wanted] = results.map(toNumbers);
  own.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
});

it('of other classes keeps what resizes its maps, unless that holds their number', async () => {
  const labels = ['sky', 'road'];
  const shapeWith = async (finish: (logits: Value) => Value): Promise<Shape> => {
    const { file, read } = await segmenterOf(finish);
    const other = segmenterFrom(withLabels(read, labels), file);
    return other.build(Scope.root(), input('x', 'float32', shape)).logits.shape;
  };
  expect(await shapeWith((y) => resize(y, { scale: [2, 2], mode: 'nearest' }))).toEqual([
    2, 2, 16, 24,
  ]);
  // As exporters fold it: one of the sizes is the number of classes.
  const sized = (y: Value): Value =>
    apply(resizes.Resize, [y, undefined, undefined, ints([3, 16, 24])], {
      mode: 'nearest',
      axes: [1, 2, 3],
    })[0];
  expect(await shapeWith(sized)).toEqual([2, 2, 8, 12]);
});
