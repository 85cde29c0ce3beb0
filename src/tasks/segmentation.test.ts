import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { drawVariation, variedImage } from '../data/augment/augmentation.ts';
import { inceptionCrop } from '../data/augment/crop.ts';
import { crossEntropy } from '../graph/functions/losses.ts';
import { graphOf } from '../graph/graph.ts';
import { input, type Value } from '../graph/value.ts';
import { Session, type Tensors } from '../runtime/session.ts';
import { ignoreIndex, type LabelMap } from '../tensor/label-map.ts';
import { float32, int64, toNumbers, type Tensor } from '../tensor/tensor.ts';
import { segmentation } from './segmentation.ts';
import type { ReadableClasses } from './tally.ts';

const classes = 3;
const size = { width: 4, height: 2 };
const area = size.width * size.height;
const map: LabelMap = { ...size, data: Uint8Array.of(0, 0, 1, 1, 2, 2, ignoreIndex, 1) };

function encoded(label: LabelMap, smoothing = 0): Float32Array {
  const into = new Float32Array(classes * area).fill(7);
  segmentation.encode(label, classes, into, smoothing);
  return into;
}

/** Logits that say with certainty what is taught. */
const certain = (target: Float32Array): number[] => Array.from(target, (value) => 40 * value);

async function evaluated(value: Value, feeds: Tensors): Promise<number> {
  const session = await Session.create(graphOf({ value }), {});
  const results = await session.run(feeds);
  await session.dispose();
  return toNumbers(results['value'])[0];
}

async function lossOf(
  logits: readonly number[],
  target: Float32Array,
  taught = 1,
): Promise<number> {
  const shape = [1, classes, size.height, size.width];
  const value = segmentation.loss(
    input('x', 'float32', shape),
    input('target', 'float32', shape),
    input('taught', 'float32', [1]),
  );
  const feeds: Record<string, Tensor> = {
    x: float32(shape, logits),
    target: float32(shape, target),
    taught: float32([1], [taught]),
  };
  const { inputs } = graphOf({ value });
  return evaluated(
    value,
    Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name))),
  );
}

describe('targets', () => {
  it('are one class for each pixel, and none where it is to be ignored', () => {
    const target = encoded(map);
    const sums = Array.from({ length: area }, (_, i) =>
      Array.from({ length: classes }, (_c, c) => target[c * area + i]).reduce((a, b) => a + b),
    );
    expect(sums).toEqual([1, 1, 1, 1, 1, 1, 0, 1]);
    expect([...target.subarray(area, 2 * area)]).toEqual([0, 0, 1, 1, 0, 0, 0, 1]);
    expect(encoded(map, 0.3)[0]).toBeCloseTo(0.8, 6);
  });

  it('that are wrong move each class to another one, and keep the shapes', () => {
    const random = counterRandom(3);
    for (let draw = 0; draw < 20; draw++) {
      const { data } = segmentation.wrong(map, classes, () => random.uniform());
      data.forEach((label, i) => {
        if (map.data[i] === ignoreIndex) expect(label).toBe(ignoreIndex);
        else expect(label).not.toBe(map.data[i]);
        expect(label === data[0]).toBe(data[0] === label);
      });
      expect(data[0]).toBe(data[1]);
      expect(data[2]).toBe(data[7]);
    }
  });

  it('that are silent are the shares of the classes everywhere', () => {
    const counts = new Float64Array(classes);
    segmentation.count(map, counts);
    expect([...counts]).toEqual([2 / 7, 3 / 7, 2 / 7]);
    const into = new Float32Array(classes * area);
    segmentation.silence([0.25, 0.5, 0.25], into);
    expect([...into.subarray(area, 2 * area)]).toEqual(Array.from({ length: area }, () => 0.5));
  });
});

it('a mask moves with its picture', () => {
  const large = { width: 13, height: 9 };
  const data = Uint8Array.from({ length: 13 * 9 }, (_, i) => (i * 7) % 5);
  // A picture that shows its mask, cropped to whole pixels so that no filter mixes them.
  const image = {
    ...large,
    data: Uint8Array.from({ length: 13 * 9 * 3 }, (_, i) => data[Math.floor(i / 3)]),
  };
  for (let step = 0; step < 30; step++) {
    const random = {
      crop: counterRandom(1, step),
      move: counterRandom(2, step),
      change: counterRandom(3, step),
    };
    const variation = drawVariation(large, { shift: 0.25 }, random);
    const moved = variedImage(image, variation, [0, 0, 0]).data.filter((_, i) => i % 3 === 0);
    expect(segmentation.move({ ...large, data }, variation).data).toEqual(moved);
  }
  const cropped = drawVariation(
    large,
    { shift: 0, crop: inceptionCrop },
    { crop: counterRandom(5), move: counterRandom(6), change: counterRandom(7) },
  );
  expect(new Set(segmentation.move({ ...large, data }, cropped).data).size).toBeLessThanOrEqual(5);
});

describe('the loss', () => {
  it('is nearly zero for what is right, and large for what is not', async () => {
    const target = encoded(map);
    expect(await lossOf(certain(target), target)).toBeLessThan(0.15);
    const wrong = encoded(segmentation.wrong(map, classes, () => 0));
    expect(await lossOf(certain(wrong), target)).toBeGreaterThan(20);
  });

  it('is cross-entropy alone for rows that are not taught the truth', async () => {
    const random = counterRandom(9);
    const logits = Array.from({ length: classes * area }, () => random.normal());
    const shape = [1, classes, size.height, size.width];
    const labels = Array.from(map.data, (label) => (label === ignoreIndex ? -100 : label));
    const value = crossEntropy(
      input('x', 'float32', shape),
      input('labels', 'int64', [1, size.height, size.width]),
    );
    const expected = await evaluated(value, {
      x: float32(shape, logits),
      labels: int64([1, size.height, size.width], labels),
    });
    // PyTorch's mean is over the pixels that count, 7 of 8.
    expect(await lossOf(logits, encoded(map), 0)).toBeCloseTo((expected * 7) / 8, 5);
    expect(await lossOf(logits, encoded(map), 1)).toBeGreaterThan((expected * 7) / 8 + 0.1);
  });
});

describe('the score', () => {
  const maps = (data: ArrayLike<number>): Tensor<'float32'> =>
    float32([1, classes, size.height, size.width], data);

  it('is 1 for what is right', () => {
    const tally = segmentation.tally(classes);
    tally.add(maps(certain(encoded(map))), [map]);
    const { score, perClass, measures, n } = tally.outcome();
    const { overall } = measures(counterRandom(1));
    expect([score, n, overall['pixel accuracy'].value]).toEqual([1, 1, 1]);
    expect(perClass).toEqual(perClass.map(() => ({ n: 1, score: 1 })));
  });

  it('of the best constant answer is chance', () => {
    const scores = Array.from({ length: classes }, (_, constant) => {
      const tally = segmentation.tally(classes);
      const only = Float32Array.from({ length: classes * area }, (_value, i) =>
        Number(Math.floor(i / area) === constant),
      );
      tally.add(maps(only), [map]);
      return tally.outcome();
    });
    expect(Math.max(...scores.map(({ score }) => score))).toBeCloseTo(scores[0].chance, 12);
  });

  it('has an interval around it, and rows for decoders', () => {
    const tally = segmentation.tally(classes);
    const random = counterRandom(4);
    for (let i = 0; i < 12; i++) {
      const noise = certain(encoded(map)).map((value) => value + 30 * random.normal());
      tally.add(maps(noise), [map]);
    }
    const { score, interval, readable } = tally.outcome();
    const { labels, logits, clusters } = readable as ReadableClasses;
    const { low, high } = interval(counterRandom(1));
    expect(low).toBeLessThan(score);
    expect(high).toBeGreaterThan(score);
    expect(labels).not.toContain(ignoreIndex);
    expect(logits.shape).toEqual([labels.length, classes]);
    expect(clusters.count).toBe(12);
  });
});

it('an answer says how much of the picture each class covers', () => {
  const logits = float32([1, classes, size.height, size.width], certain(encoded(map)));
  const [{ shares, map: seen }] = segmentation.answers(logits, [size]);
  expect(Array.from(shares)).toEqual([3 / 8, 3 / 8, 2 / 8]);
  expect(seen!.data.filter((_, i) => map.data[i] !== ignoreIndex)).toEqual(
    map.data.filter((label) => label !== ignoreIndex),
  );
});
