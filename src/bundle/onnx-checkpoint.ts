import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { preprocessor, type Preprocessor } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { readOnnx, type OnnxFile } from '../formats/onnx/read.ts';
import { readWeights } from '../formats/weights.ts';
import type { Preparation } from '../nn/bare/bare-model.ts';
import { labelled, labelsOf, parseConfig, type RawConfig } from '../nn/config.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { onnxConfigOf } from '../nn/models/onnx/model.ts';
import { pictureInput, sidesOf, usualSide, type PictureSize } from '../nn/models/onnx/pictures.ts';
import { basename, dirname, exists, join, readJsonObject } from '../platform/files.ts';
import {
  configFile,
  ownPreprocessing,
  preprocessorFile,
  requireClosed,
  channelsOf,
  type ModelCheckpoint,
} from './checkpoint.ts';
import { bothSides, type ModelOptions } from './model-options.ts';
import { preprocessorJsonOf } from './preparation.ts';

/** A checkpoint that came as an ONNX file. */
export interface OnnxCheckpoint extends ModelCheckpoint {
  /** All files that it was read from. */
  readonly files: readonly string[];
}

/**
 * Reads a classifier of pictures from an ONNX file. What comes of it is a checkpoint like any
 * other: it can be run, trained, locked and written as a bundle. A `preprocessor_config.json` and a
 * `config.json` with names of classes count where they lie beside the file, or beside the folder
 * `onnx` that it is in, as transformers.js has it.
 *
 * Throws what `readOnnx` throws, and `usage` where nothing says how pictures are normalised, or
 * options are about what the files say.
 */
export async function readOnnxClassifier(
  path: string,
  options: ModelOptions = {},
): Promise<OnnxCheckpoint> {
  const folder = await homeOf(path);
  requireClosed(folder, options);
  const file = await readOnnx(path);
  const named = await namesIn(folder);
  const channels = channelsOf(pictureInput(file.network), path);
  const preprocessorPath = join(folder, preprocessorFile);
  const own = (await exists(preprocessorPath)) ? preprocessorPath : undefined;
  const preprocessorOf = (json: RawConfig): Preprocessor =>
    preprocessor(parseConfig(preprocessorConfig, json, own ?? path), channels);
  const ownJson = own ? await ownPreprocessing(own, options) : undefined;
  const size = ownJson ? preprocessorOf(ownJson).size : sizeOf(path, file, options);
  const config = onnxConfigOf(file, { labels: options.labels ?? named?.labels, size });
  const network = networkFrom(config, path);
  const json =
    ownJson ?? preprocessorJsonOf(preparationOf(path, preprocessorPath, size, options), channels);
  return {
    weightsPath: path,
    config,
    preprocessorJson: json,
    network,
    preprocessor: preprocessorOf(json),
    weights: await readWeights(file.weights),
    layout: 'an ONNX file',
    notes: own ? [] : sizeNotes(path, file, size, options),
    files: [...file.files, ...(own ? [own] : []), ...(named ? [named.path] : [])],
  };
}

/** The folder that a model's other files are in. */
async function homeOf(path: string): Promise<string> {
  const folder = dirname(path);
  const above = dirname(folder);
  const isBelow =
    basename(folder) === 'onnx' &&
    !(await exists(join(folder, preprocessorFile))) &&
    (await exists(join(above, preprocessorFile)));
  return isBelow ? above : folder;
}

const namedClasses = z.object({ id2label: labelled.id2label });

/** The names of classes in a folder's `config.json`, if it has any. */
async function namesIn(
  folder: string,
): Promise<{ readonly labels: string[]; readonly path: string } | undefined> {
  const path = join(folder, configFile);
  if (!(await exists(path))) return undefined;
  const { id2label } = parseConfig(namedClasses, await readJsonObject(path), path);
  return id2label && { labels: labelsOf({ id2label }), path };
}

/** What was assumed of the size of pictures. */
function sizeNotes(
  path: string,
  { network }: OnnxFile,
  { height, width }: PictureSize,
  { size }: ModelOptions,
): string[] {
  const isFree = typeof pictureInput(network).height === 'string';
  if (!isFree || size !== undefined) return [];
  return [
    `${basename(path)} takes pictures of any size; assumed: ${width} x ${height} (--input-size)`,
  ];
}

/** The size of pictures by the network and options. Throws `usage` where they disagree. */
function sizeOf(path: string, { network }: OnnxFile, { size }: ModelOptions): PictureSize {
  const wanted = bothSides(size ?? usualSide);
  const [height, width] = sidesOf(pictureInput(network), wanted);
  const isOther = height !== wanted.height || width !== wanted.width;
  if (size === undefined || !isOther) return { height, width };
  throw new ModelLockError(
    'usage',
    `${path} takes pictures of ${width}x${height}, not of ${wanted.width}x${wanted.height}`,
  );
}

/** What options say of the preprocessing of pictures. */
function preparationOf(
  path: string,
  beside: string,
  size: PictureSize,
  { normalisation }: ModelOptions,
): Preparation {
  if (!normalisation) {
    throw new ModelLockError('usage', `nothing says how pictures are normalised for ${path}`, {
      valid: ['--mean and --std', beside],
    });
  }
  return { ...size, ...normalisation, resampling: 'bilinear' };
}
