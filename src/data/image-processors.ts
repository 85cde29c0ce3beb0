/** Where a picture's height and width, or its shorter edge, are to go; in pixels. */
export type PictureSize =
  { readonly height: number; readonly width: number } | { readonly shortest_edge: number };

type Triple = readonly [number, number, number];

/** What an image processor does where `preprocessor_config.json` does not say. */
export interface ProcessorDefaults {
  readonly size?: PictureSize;
  /** What a size that is one number means: the shorter edge, or height and width. */
  readonly takes: 'edge' | 'square';
  /** Pillow's number of a filter. */
  readonly resample: number;
  readonly crop_size?: { readonly height: number; readonly width: number };
  readonly do_center_crop?: boolean;
  readonly crop_pct?: number;
  readonly image_mean: Triple;
  readonly image_std: Triple;
}

const [bilinear, bicubic] = [2, 3];
const square = (n: number): { height: number; width: number } => ({ height: n, width: n });

const half = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] } as const;
const imageNet = {
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
} as const;
const clip = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
} as const;

const cropped = { takes: 'edge', do_center_crop: true, crop_size: square(224) } as const;

/**
 * transformers' image processors that resize, crop and normalise and do nothing else, by class,
 * with their class attributes (transformers 5.23, `models/NAME/image_processing_pil_NAME.py`).
 */
export const imageProcessors = {
  BeitImageProcessor: {
    takes: 'square',
    size: square(224),
    resample: bicubic,
    crop_size: square(224),
    ...half,
  },
  BitImageProcessor: { ...cropped, size: { shortest_edge: 224 }, resample: bicubic, ...clip },
  CLIPImageProcessor: { ...cropped, size: { shortest_edge: 224 }, resample: bicubic, ...clip },
  ConvNextImageProcessor: {
    takes: 'edge',
    size: { shortest_edge: 384 },
    resample: bicubic,
    crop_pct: 224 / 256,
    ...half,
  },
  DeiTImageProcessor: {
    ...cropped,
    takes: 'square',
    size: square(256),
    resample: bicubic,
    ...half,
  },
  MobileNetV1ImageProcessor: {
    ...cropped,
    size: { shortest_edge: 256 },
    resample: bilinear,
    ...half,
  },
  MobileNetV2ImageProcessor: {
    ...cropped,
    size: { shortest_edge: 256 },
    resample: bilinear,
    ...half,
  },
  PvtImageProcessor: { takes: 'square', size: square(224), resample: bicubic, ...imageNet },
  SegformerImageProcessor: {
    takes: 'square',
    size: square(512),
    resample: bilinear,
    ...imageNet,
  },
  SiglipImageProcessor: { takes: 'edge', size: square(224), resample: bicubic, ...half },
  ViTImageProcessor: { takes: 'square', size: square(224), resample: bilinear, ...half },
} as const satisfies Record<string, ProcessorDefaults>;

export type ImageProcessorName = keyof typeof imageProcessors;

/** What is done for a file that names no class: only its size must be there. */
export const unnamedProcessor: ProcessorDefaults = {
  takes: 'square',
  resample: bilinear,
  ...half,
};

/** The class that a file names, as it is called today: `ViTFeatureExtractor` is ViTImageProcessor. */
export const currentName = (name: string): string =>
  name.replace(/Fast$/, '').replace(/FeatureExtractor$/, 'ImageProcessor');

export const isKnownProcessor = (name: string): name is ImageProcessorName =>
  Object.hasOwn(imageProcessors, name);
