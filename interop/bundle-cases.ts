import type { RawConfig } from '../src/nn/config.ts';
import type { ModelType } from '../src/nn/models/registry.ts';
import type { TaskName } from '../src/tasks/task.ts';

/** How pictures are prepared, as a published checkpoint of each architecture says it, but smaller. */
const processors: Readonly<Record<ModelType, RawConfig>> = {
  cifar_resnet: { size: 32, image_mean: [0.49, 0.48, 0.45], image_std: [0.25, 0.24, 0.26] },
  convnext: {
    image_processor_type: 'ConvNextImageProcessor',
    size: { shortest_edge: 32 },
    crop_pct: 0.875,
    resample: 3,
  },
  deit: {
    image_processor_type: 'DeiTImageProcessor',
    size: { height: 36, width: 36 },
    do_center_crop: true,
    crop_size: { height: 32, width: 32 },
    resample: 3,
  },
  mae_vit: { size: { shortest_edge: 36 }, do_center_crop: true, crop_size: 32, resample: 3 },
  mobilenet_v2: {
    image_processor_type: 'MobileNetV2ImageProcessor',
    size: { shortest_edge: 36 },
    do_center_crop: true,
    crop_size: { height: 32, width: 32 },
    resample: 2,
  },
  resnet: { feature_extractor_type: 'ConvNextFeatureExtractor', size: 32, crop_pct: 0.875 },
  segformer: { image_processor_type: 'SegformerImageProcessor', size: 32, do_reduce_labels: true },
  swin: { image_processor_type: 'ViTImageProcessorFast', size: { height: 32, width: 32 } },
  vit: { image_processor_type: 'ViTImageProcessor', size: { height: 32, width: 32 }, resample: 2 },
};

export interface BundleCase {
  /** Default: `classification`. */
  readonly task?: TaskName;
  readonly type: ModelType;
  readonly preprocessor: RawConfig;
  /** What its configuration has beside what `tinyClassifiers` says. */
  readonly config?: RawConfig;
  /** Whether its weights are those of a `ViTModel` in half precision. */
  readonly isBody?: boolean;
}

/** Checkpoints to be locked: one of each architecture, then what else published ones have. */
export const bundleCases: Readonly<Record<string, BundleCase>> = {
  ...Object.fromEntries(
    Object.entries(processors).map(([type, preprocessor]) => [
      type,
      { type: type as ModelType, preprocessor },
    ]),
  ),
  'deit-one-head': {
    type: 'deit',
    preprocessor: { image_processor_type: 'DeiTImageProcessor', crop_size: 32, size: 40 },
    config: { architectures: ['DeiTForImageClassification'] },
  },
  'convnext-warped': {
    type: 'convnext',
    preprocessor: { image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: 384 } },
  },
  'vit-of-2022': {
    type: 'vit',
    preprocessor: { feature_extractor_type: 'ViTFeatureExtractor', size: 32, resample: 2 },
    config: { architectures: ['ViTModel'], torch_dtype: 'float16' },
    isBody: true,
  },
  'vit-of-clip': {
    type: 'vit',
    preprocessor: { image_processor_type: 'CLIPImageProcessor', size: 32, crop_size: 32 },
  },
  'swin-of-bit': {
    type: 'swin',
    preprocessor: { image_processor_type: 'BitImageProcessor', size: 37, crop_size: 32 },
    config: { problem_type: 'multi_label_classification' },
  },
  'vit-of-several-labels': { type: 'vit', task: 'multi-label', preprocessor: processors.vit },
  'segformer-of-pixels': {
    type: 'segformer',
    task: 'segmentation',
    preprocessor: processors.segformer,
    config: { architectures: ['SegformerForSemanticSegmentation'] },
  },
  'resnet-of-pixels': { type: 'resnet', task: 'segmentation', preprocessor: processors.resnet },
  'resnet-by-hand': { type: 'resnet', preprocessor: { size: { height: 32, width: 48 } } },
};
