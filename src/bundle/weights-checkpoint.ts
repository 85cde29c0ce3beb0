import { preprocessor } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { openTensorFile } from '../formats/tensor-file.ts';
import type { StoredTensors } from '../formats/stored-tensor.ts';
import { openWeights, readWeights } from '../formats/weights.ts';
import type { Preparation } from '../nn/bare/bare-model.ts';
import { readBare } from '../nn/bare/read-bare.ts';
import { readTimmConfig } from '../nn/bare/timm-config.ts';
import { parseConfig } from '../nn/config.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { basename, join, readJsonObject } from '../platform/files.ts';
import { configFile, relabelled, channelsOf, type ModelCheckpoint } from './checkpoint.ts';
import { squareSide, type ModelOptions } from './model-options.ts';
import { preparationText, preprocessorJsonOf } from './preparation.ts';

/**
 * Reads a classifier from a file of weights alone: safetensors or torch's, of an architecture that
 * `readBare` knows. What comes of it is a checkpoint like any other. Throws what `openTensorFile`
 * and `readBare` throw.
 */
export async function readWeightsFile(
  path: string,
  options: ModelOptions = {},
): Promise<ModelCheckpoint> {
  const { tensors } = await openTensorFile(path);
  return readBareWeights(tensors, path, options);
}

/**
 * Reads a classifier from a folder of timm: weights, and a configuration that says how pictures are
 * prepared. Throws `unsupported` for architectures that `readBare` does not know.
 */
export async function readTimmFolder(
  folder: string,
  options: ModelOptions = {},
): Promise<ModelCheckpoint> {
  const where = join(folder, configFile);
  const { labels, pooling, preparation } = readTimmConfig(await readJsonObject(where), where);
  const { tensors, path } = await openWeights(folder);
  const said = {
    ...options,
    labels: options.labels ?? labels,
    pooling: options.pooling ?? pooling,
  };
  return readBareWeights(tensors, path, said, preparation);
}

/**
 * @param known how pictures are prepared, if something but the options says it.
 */
async function readBareWeights(
  stored: StoredTensors,
  path: string,
  { labels, normalisation, heads, pooling, ...options }: ModelOptions,
  known?: Preparation,
): Promise<ModelCheckpoint> {
  const size = squareSide(options.size, path) ?? known?.height;
  const bare = await readBare(stored, { size, heads, pooling }, path);
  const { height, width } = bare.preparation;
  const preparation = { ...bare.preparation, ...known, height, width, ...normalisation };
  const config = relabelled(bare.config, labels, path);
  const network = classifierFrom(config, path);
  const channels = channelsOf(network, path);
  const preprocessorJson = preprocessorJsonOf(preparation, channels);
  const isSaid = known !== undefined || (normalisation !== undefined && size !== undefined);
  const assumed = [...bare.assumed, ...(isSaid ? [] : [preparationText(preparation)])];
  return {
    weightsPath: path,
    config,
    preprocessorJson,
    network,
    preprocessor: preprocessor(parseConfig(preprocessorConfig, preprocessorJson, path), channels),
    weights: await readWeights(bare.tensors),
    layout: `${known ? 'a folder of timm' : 'a file of weights'}: ${bare.layout}`,
    notes:
      assumed.length === 0
        ? []
        : [`${basename(path)} is taken for ${bare.layout}; assumed: ${assumed.join('; ')}`],
  };
}
