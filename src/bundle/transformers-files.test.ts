import { describe, expect, it } from 'vitest';
import { tinyClassifiers } from '../nn/testing/tiny-classifiers.ts';
import { float32, int64 } from '../tensor/tensor.ts';
import { bundleConfig, bundlePreprocessor, bundleTensors } from './transformers-files.ts';

const configOf = (type: string): Readonly<Record<string, unknown>> =>
  tinyClassifiers.find((config) => config['model_type'] === type)!;

describe('bundleConfig', () => {
  const ofViT = { ...configOf('vit'), architectures: ['ViTModel'], torch_dtype: 'float16' };
  const classifies = {
    ...configOf('vit'),
    architectures: ['ViTForImageClassification'],
    dtype: 'float32',
  };

  it('says of a model of any class and precision that it classifies in float32', () => {
    expect(bundleConfig(ofViT, 'classification')).toEqual(classifies);
  });

  it('says whether there is one label or several, whatever the base had', () => {
    const problem_type = 'multi_label_classification';
    expect(bundleConfig({ ...ofViT, problem_type }, 'classification')).toEqual(classifies);
    expect(bundleConfig(ofViT, 'multi-label')).toEqual({ ...classifies, problem_type });
  });

  it('keeps a class that classifies: it tells which heads a DeiT has', () => {
    const { architectures } = bundleConfig(configOf('deit'), 'classification');
    expect(architectures).toEqual(['DeiTForImageClassificationWithTeacher']);
  });

  it('keeps a segmenter one', () => {
    const architectures = ['SegformerForSemanticSegmentation'];
    const config = { ...configOf('segformer'), architectures };
    expect(bundleConfig(config, 'segmentation')).toEqual({ ...config, dtype: 'float32' });
  });
});

describe('bundlePreprocessor', () => {
  it('leaves nothing to defaults, and keeps what it does not know', () => {
    const file = { feature_extractor_type: 'ViTFeatureExtractor', size: 32, maker: 'somebody' };
    expect(bundlePreprocessor(file, 3)).toEqual({
      maker: 'somebody',
      image_processor_type: 'ViTImageProcessor',
      do_convert_rgb: true,
      do_resize: true,
      size: { height: 32, width: 32 },
      resample: 2,
      do_center_crop: false,
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
    });
  });

  it('has one mean and one deviation for grey, and converts nothing to colours', () => {
    expect(bundlePreprocessor({ size: 32 }, 1)).toMatchObject({
      do_convert_rgb: false,
      image_mean: [0.5],
      image_std: [0.5],
    });
  });

  it('gives files that name no class one that does the same', () => {
    const nameOf = (file: object): unknown =>
      bundlePreprocessor({ ...file }, 3)['image_processor_type'];
    expect(nameOf({ size: 32 })).toBe('BitImageProcessor');
    expect(nameOf({ size: 32, crop_pct: 0.9 })).toBe('ConvNextImageProcessor');
  });
});

it('bundleTensors adds the counters of batch norms', () => {
  const weights = new Map([
    ['norm.running_mean', float32([1], [2])],
    ['norm.weight', float32([1], [3])],
  ]);
  expect(Object.fromEntries(bundleTensors(weights))).toEqual({
    ...Object.fromEntries(weights),
    'norm.num_batches_tracked': int64([], [0]),
  });
});
