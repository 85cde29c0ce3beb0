import { ModelLockError } from '../base/error.ts';
import { preprocessor, preprocessorConfig } from '../data/preprocess.ts';
import { readOnnx, type OnnxFile } from '../formats/onnx/read.ts';
import { readWeights } from '../formats/weights.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { onnxConfigOf, pictureInput } from '../nn/models/onnx/model.ts';
import { dirname, exists, join, readJsonObject } from '../platform/files.ts';
import { preprocessorFile, type ClassifierCheckpoint } from './checkpoint.ts';

type Triple = readonly [number, number, number];

/** What an ONNX file does not say of a classifier. */
export interface OnnxClassifierOptions {
  /** The names of its classes, in the order of its logits. Default: LABEL_0 and so on. */
  readonly labels?: readonly string[];
  /**
   * How pictures become its input, (x - mean) / std of colours in [0, 1], where no
   * `preprocessor_config.json` lies beside the file.
   */
  readonly normalisation?: { readonly mean: Triple; readonly std: Triple };
  /** Height and width of pictures, where the model takes any. Default 224. */
  readonly size?: number;
}

/** A checkpoint that came as an ONNX file. */
export interface OnnxCheckpoint extends ClassifierCheckpoint {
  /** All files that it was read from. */
  readonly files: readonly string[];
}

/**
 * Reads a classifier of pictures from an ONNX file. What comes of it is a checkpoint like any
 * other: it can be run, trained, locked and written as a bundle. Throws what `readOnnx` throws,
 * and `usage` where nothing says how pictures are normalised.
 */
export async function readOnnxClassifier(
  path: string,
  options: OnnxClassifierOptions = {},
): Promise<OnnxCheckpoint> {
  const file = await readOnnx(path);
  const config = onnxConfigOf(file, options.labels);
  const { json, where } = await preprocessing(path, file, options);
  const weights = await readWeights(file.weights);
  const classifier = classifierFrom(config, path);
  if (classifier.channels !== 3) {
    throw new ModelLockError(
      'unsupported',
      `${path} takes pictures of ${classifier.channels} colour; they have 3`,
    );
  }
  return {
    folder: dirname(path),
    config,
    preprocessorJson: json,
    classifier,
    preprocessor: preprocessor(parseConfig(preprocessorConfig, json, where)),
    weights,
    files: [...new Set([...file.files, where])],
  };
}

/** The preprocessing of a model's pictures, and the file that says it. */
async function preprocessing(
  path: string,
  { network }: OnnxFile,
  { normalisation, size = 224 }: OnnxClassifierOptions,
): Promise<{ readonly json: RawConfig; readonly where: string }> {
  const beside = join(dirname(path), preprocessorFile);
  if (!normalisation && (await exists(beside))) {
    return { json: await readJsonObject(beside), where: beside };
  }
  if (!normalisation) {
    throw new ModelLockError('usage', `nothing says how pictures are normalised for ${path}`, {
      valid: [`${preprocessorFile} beside it`],
    });
  }
  const { height, width } = pictureInput(network);
  const length = (dim: number | string): number => (typeof dim === 'number' ? dim : size);
  const json = {
    size: { height: length(height), width: length(width) },
    image_mean: [...normalisation.mean],
    image_std: [...normalisation.std],
  };
  return { json, where: path };
}
