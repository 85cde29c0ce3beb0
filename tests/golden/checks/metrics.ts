import { float32 } from '../../../src/tensor/tensor.ts';
import { toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';
import type { RgbImage } from '../../../src/tensor/image.ts';
import { accuracyOf, macroF1 } from '../../../src/metrics/classification.ts';
import { classCounts, confusionMatrix } from '../../../src/metrics/confusion.ts';
import { assign } from '../../../src/metrics/hungarian.ts';
import { auroc, averagePrecision } from '../../../src/metrics/ranking.ts';
import {
  intersectionsOverUnion,
  meanIntersectionOverUnion,
} from '../../../src/metrics/segmentation.ts';
import { planeSsim, psnr, ssim, type Plane } from '../../../src/metrics/similarity.ts';
import type { GoldenCase } from '../case.ts';

interface Expected {
  readonly hungarian: readonly {
    readonly maximise: boolean;
    readonly rows: readonly number[];
    readonly columns: readonly number[];
    readonly total: number;
    readonly unique: boolean;
  }[];
  readonly auroc: readonly { readonly auroc: number; readonly average_precision: number }[];
  readonly miou: readonly {
    readonly classes: number;
    readonly ignore_index: number;
    readonly confusion: readonly (readonly number[])[];
    readonly iou: readonly (number | null)[];
    readonly mean_iou: number;
    readonly pixel_accuracy: number;
    readonly macro_f1: number;
  }[];
  readonly similarity: readonly {
    readonly psnr: number;
    readonly ssim_uniform7: number;
    readonly ssim_gaussian: number;
    readonly ssim_gaussian_grey: number;
  }[];
}

/** Metrics against scipy, scikit-learn and scikit-image. */
export async function check(golden: GoldenCase): Promise<void> {
  const expected = golden.json<Expected>('expected.json');
  expected.hungarian.forEach((item, i) => checkAssignment(golden, `hungarian.${i}`, item));
  expected.auroc.forEach((item, i) => checkRanking(golden, `auroc.${i}`, item));
  expected.miou.forEach((item, i) => checkSegmentation(golden, `miou.${i}`, item));
  expected.similarity.forEach((item, i) => checkSimilarity(golden, `similarity.${i}`, item));
}

function checkAssignment(
  golden: GoldenCase,
  name: string,
  expected: Expected['hungarian'][number],
): void {
  const cost = golden.tensor(`${name}.cost`);
  const [rows, columns] = cost.shape;
  const found = assign(toNumbers(cost), [rows, columns], { maximise: expected.maximise });
  compareNumber(golden, `${name}.total`, found.total, expected.total);
  if (!expected.unique) return;
  golden.same(`${name}.rows`, found.rows, expected.rows);
  golden.same(`${name}.columns`, found.columns, expected.columns);
}

function checkRanking(golden: GoldenCase, name: string, expected: Expected['auroc'][number]): void {
  const labels = toNumbers(golden.tensor(`${name}.labels`));
  const scores = toNumbers(golden.tensor(`${name}.scores`));
  compareNumber(golden, `${name}.auroc`, auroc(labels, scores), expected.auroc);
  compareNumber(
    golden,
    `${name}.average_precision`,
    averagePrecision(labels, scores),
    expected.average_precision,
  );
}

function checkSegmentation(
  golden: GoldenCase,
  name: string,
  expected: Expected['miou'][number],
): void {
  const matrix = confusionMatrix(
    toNumbers(golden.tensor(`${name}.truth`)),
    toNumbers(golden.tensor(`${name}.guess`)),
    expected.classes,
    { ignore: expected.ignore_index },
  );
  golden.same(`${name}.confusion`, [...matrix.counts], expected.confusion.flat());
  intersectionsOverUnion(classCounts(matrix)).forEach((iou, c) => {
    const wanted = expected.iou[c];
    if (iou === null || wanted === null) golden.same(`${name}.iou.${c}`, iou, wanted);
    else compareNumber(golden, `${name}.iou.${c}`, iou, wanted);
  });
  compareNumber(
    golden,
    `${name}.mean`,
    meanIntersectionOverUnion(classCounts(matrix)),
    expected.mean_iou,
  );
  compareNumber(golden, `${name}.pixels`, accuracyOf(matrix), expected.pixel_accuracy);
  compareNumber(golden, `${name}.macro_f1`, macroF1(classCounts(matrix)), expected.macro_f1);
}

function checkSimilarity(
  golden: GoldenCase,
  name: string,
  expected: Expected['similarity'][number],
): void {
  const [a, b] = ['a', 'b'].map((which) => imageOf(golden.tensor(`${name}.${which}`)));
  compareNumber(golden, `${name}.psnr`, psnr(a, b), expected.psnr);
  compareNumber(golden, `${name}.ssim_uniform7`, ssim(a, b), expected.ssim_uniform7);
  compareNumber(golden, `${name}.ssim_gaussian`, ssim(a, b, 'gaussian'), expected.ssim_gaussian);
  compareNumber(
    golden,
    `${name}.ssim_gaussian_grey`,
    planeSsim(greyOf(a), greyOf(b), 'gaussian'),
    expected.ssim_gaussian_grey,
  );
}

function imageOf({ shape: [height, width], data }: Tensor): RgbImage {
  return { width, height, data: data as Uint8Array };
}

function greyOf({ width, height, data }: RgbImage): Plane {
  const grey = Float64Array.from({ length: width * height }, (_, i) => {
    const [r, g, b] = data.subarray(3 * i, 3 * i + 3);
    return (r + g + b) / 3;
  });
  return { width, height, data: grey };
}

function compareNumber(golden: GoldenCase, label: string, actual: number, expected: number): void {
  golden.compareWith(label, float32([], [actual]), float32([], [expected]));
}
