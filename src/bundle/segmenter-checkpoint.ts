import { preprocessor } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { isSegmenter, segmenterConfig, segmenterFrom } from '../nn/models/segmenters.ts';
import type { Size } from '../tensor/image.ts';
import { configFile, preprocessorFile, type ModelCheckpoint } from './checkpoint.ts';
import { bundlePreprocessor } from './transformers-files.ts';

/** Sides of pictures are multiples of this. */
const multiple = 16;
const smallestSide = 32;
/** Most pixels of a picture, as a multiple of those that a classifier was trained with. */
const largerBy = 4;

/**
 * A segmenter whose encoder is the checkpoint's; one that is a segmenter stays as it is, but for
 * another size of its input. Throws `unsupported`.
 *
 * @param pictures size of the pictures that it is for.
 */
export function asSegmenter(
  checkpoint: ModelCheckpoint,
  pictures: Size,
  inputSize?: Size,
): ModelCheckpoint {
  const { config, preprocessorJson } = checkpoint;
  if (isSegmenter(config) && inputSize === undefined) return checkpoint;
  const size = inputSize ?? sizeFor(pictures, checkpoint.preprocessor.size);
  const own = segmenterConfig(config, configFile);
  const { channels } = checkpoint.preprocessor;
  const json = wholePicture(bundlePreprocessor(preprocessorJson, channels), size);
  return {
    ...checkpoint,
    config: own,
    preprocessorJson: json,
    network: segmenterFrom(own, configFile),
    preprocessor: preprocessor(parseConfig(preprocessorConfig, json, preprocessorFile), channels),
  };
}

/** As the pictures are, but no larger than an encoder is good for. */
function sizeFor(pictures: Size, trainedWith: Size): Size {
  const most = largerBy * trainedWith.width * trainedWith.height;
  const scale = Math.min(1, Math.sqrt(most / (pictures.width * pictures.height)));
  const side = (length: number): number =>
    Math.max(smallestSide, Math.round((length * scale) / multiple) * multiple);
  return { width: side(pictures.width), height: side(pictures.height) };
}

/** The preprocessing that sees all of a picture: what is cropped off would get no class. */
function wholePicture(json: RawConfig, { width, height }: Size): RawConfig {
  const { crop_pct: _part, crop_size: _crop, ...rest } = json;
  return {
    ...rest,
    image_processor_type: 'SegformerImageProcessor',
    do_resize: true,
    size: { height, width },
    do_center_crop: false,
    // Classes begin at 0 here, and nothing is to be left out.
    do_reduce_labels: false,
  };
}
