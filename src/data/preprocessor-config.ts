import { z } from 'zod';
import {
  currentName,
  imageProcessors,
  isKnownProcessor,
  unnamedProcessor,
  type ImageProcessorName,
  type PictureSize,
  type ProcessorDefaults,
} from './image-processors.ts';

/** In pixels. A batch of larger pictures, as a hostile file may want them, would fill the memory. */
const length = z.number().int().positive().max(2048);
const pair = z.object({ height: length, width: length });
const edge = z.object({ shortest_edge: length, longest_edge: z.null().optional() });
const side = length.transform((n) => ({ height: n, width: n }));
/** Of each colour, or of grey. */
const perChannel = z.union([z.tuple([z.number(), z.number(), z.number()]), z.tuple([z.number()])]);
/** What is divided by. */
const deviations = perChannel.refine((values) => values.every((value) => value > 0), {
  message: 'must be above 0',
});
/** What would change the pictures and is not done. */
const off = z.literal(false).nullish();

const file = z.object({
  image_processor_type: z.string().nullish(),
  /** The same, in files of earlier versions. */
  feature_extractor_type: z.string().nullish(),
  do_resize: z.boolean().nullish(),
  size: z.union([pair, edge, length]).nullish(),
  /** What is resized to be cropped is as much larger. */
  crop_pct: z.number().min(0.1).max(1).nullish(),
  resample: z.number().int().min(0).max(5).nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: z.union([pair, side]).nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: perChannel.nullish(),
  image_std: deviations.nullish(),
  do_pad: off,
  do_flip_channel_order: off,
  rescale_offset: off,
});

/** A `preprocessor_config.json` of which nothing is left to a library's defaults. */
export interface PreprocessorConfig {
  readonly image_processor_type: ImageProcessorName;
  readonly do_resize: boolean;
  readonly size: PictureSize;
  /** ConvNeXT's: below 384 pixels the shorter edge goes to size / crop_pct, then it is cropped. */
  readonly crop_pct?: number;
  readonly resample: number;
  readonly do_center_crop: boolean;
  readonly crop_size?: { readonly height: number; readonly width: number };
  readonly do_rescale: boolean;
  readonly rescale_factor: number;
  readonly do_normalize: boolean;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/**
 * `preprocessor_config.json` of transformers, for classifiers. What the file does not say, the
 * image processor that it names does.
 */
export const preprocessorConfig = file.transform((given, context): PreprocessorConfig => {
  const refuse = (path: string, message: string): never => {
    context.addIssue({ code: 'custom', path: [path], message });
    return z.NEVER;
  };
  const field = given.image_processor_type ? 'image_processor_type' : 'feature_extractor_type';
  const named = given[field] ? currentName(given[field]) : undefined;
  if (named !== undefined && !isKnownProcessor(named)) {
    const valid = Object.keys(imageProcessors).join(', ');
    return refuse(field, `"${given[field]}" is not supported; valid: ${valid}`);
  }
  // Two classes do all that a file without a class can say.
  const type = named ?? (given.crop_pct ? 'ConvNextImageProcessor' : 'BitImageProcessor');
  const isConvNext = type === 'ConvNextImageProcessor';
  const usual: ProcessorDefaults = named ? imageProcessors[named] : unnamedProcessor;
  if (!given.size && !usual.size) return refuse('size', 'it is missing');
  const size = sizeOf(given.size ?? usual.size!, isConvNext ? 'edge' : usual.takes);
  if (isConvNext && !('shortest_edge' in size)) return refuse('size', 'it must be shortest_edge');
  const crop = given.crop_size ?? usual.crop_size;
  const crops = given.do_center_crop ?? usual.do_center_crop ?? false;
  if (crops && !crop) return refuse('crop_size', 'it is missing');
  const crop_pct = isConvNext ? (given.crop_pct ?? usual.crop_pct) : undefined;
  return {
    image_processor_type: type,
    do_resize: given.do_resize ?? true,
    size,
    ...(crop_pct === undefined ? {} : { crop_pct }),
    resample: given.resample ?? usual.resample,
    do_center_crop: crops,
    ...(crop ? { crop_size: crop } : {}),
    do_rescale: given.do_rescale ?? true,
    rescale_factor: given.rescale_factor ?? 1 / 255,
    do_normalize: given.do_normalize ?? true,
    image_mean: given.image_mean ?? usual.image_mean,
    image_std: given.image_std ?? usual.image_std,
  };
});

function sizeOf(size: PictureSize | number, takes: ProcessorDefaults['takes']): PictureSize {
  if (typeof size === 'number') {
    return takes === 'edge' ? { shortest_edge: size } : { height: size, width: size };
  }
  return 'shortest_edge' in size ? { shortest_edge: size.shortest_edge } : size;
}
