import { ModelLockError } from '../base/error.ts';
import { preprocessor, type Channels, type Preprocessor } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { openWeights, readWeights } from '../formats/weights.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import type { Network } from '../nn/models/network.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { encoderOf } from '../nn/models/pretrained.ts';
import { withLabels } from '../nn/models/registry.ts';
import { isSegmenter } from '../nn/models/segmenters.ts';
import { basename, exists, join, readJsonObject } from '../platform/files.ts';
import { taskOf } from '../tasks/registry.ts';
import type { TaskName } from '../tasks/task.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { withBody } from './body-names.ts';
import { bothSides, squareSide, type ModelOptions } from './model-options.ts';
import { preprocessorJsonOf } from './preparation.ts';

export const configFile = 'config.json';
export const weightsFile = 'model.safetensors';
export const preprocessorFile = 'preprocessor_config.json';

/** A pretrained or fine-tuned network that gives pictures classes, as it was read. */
export interface ModelCheckpoint {
  /** The file of its weights, for messages. */
  readonly weightsPath: string;
  readonly config: RawConfig;
  readonly preprocessorJson: RawConfig;
  readonly network: Network;
  readonly preprocessor: Preprocessor;
  /** float32, by the names of the checkpoint. Those of the last layer are absent where it has none. */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
  /** How it lies on disk, in words. */
  readonly layout: string;
  /** What was assumed of it, a sentence each, for the user to see. */
  readonly notes: readonly string[];
}

/**
 * Reads a network from a folder as transformers lays it out. Throws `not-found`, `corrupt` or
 * `unsupported`, naming the file; `usage` for options that such a folder does not leave open.
 */
export async function readCheckpoint(
  folder: string,
  options: ModelOptions = {},
): Promise<ModelCheckpoint> {
  requireClosed(folder, options);
  const configPath = join(folder, configFile);
  const { config: own, leftOut } = encoderOf(await readJsonObject(configPath));
  const config = relabelled(own, options.labels, configPath);
  const network = networkFrom(config, configPath);
  const channels = channelsOf(network, configPath);
  const preprocessorPath = join(folder, preprocessorFile);
  const preprocessorJson = await preprocessing(preprocessorPath, config, channels, options);
  const { tensors, path: weightsPath } = await openWeights(folder);
  const kept = [...tensors].filter(([name]) => !leftOut?.has(name));
  return {
    weightsPath,
    config,
    preprocessorJson,
    network,
    preprocessor: preprocessor(
      parseConfig(preprocessorConfig, preprocessorJson, preprocessorPath),
      channels,
    ),
    weights: withBody(await readWeights(new Map(kept)), network),
    layout: 'a folder of transformers',
    notes:
      leftOut && kept.length < tensors.size
        ? [`${basename(weightsPath)} is taken without ${leftOut.part}`]
        : [],
  };
}

/** The same network with other weights, and perhaps other classes. */
export function withWeights(
  base: ModelCheckpoint,
  { config, weights }: Pick<ModelCheckpoint, 'config' | 'weights'>,
): ModelCheckpoint {
  return { ...base, config, weights, network: networkFrom(config, configFile) };
}

/** Whether a network has a last layer: what was pretrained without classes has none. */
export const hasHead = ({ network, weights }: ModelCheckpoint): boolean =>
  network.fixedHead !== undefined || [...weights.keys()].some(network.isHead);

/** What has a class of several, for each task where one number chooses between none. */
const places: Readonly<Partial<Record<TaskName, string>>> = {
  classification: 'a picture',
  segmentation: 'each pixel',
};

/** What a network gives one number where it is to choose between classes, in words; else `undefined`. */
export const placeOfOneNumber = ({ config, network }: ModelCheckpoint): string | undefined =>
  network.labels.length === 1 ? places[taskOf(config)] : undefined;

/** The channels of a network's pictures. Throws `unsupported` for other numbers of them. */
export function channelsOf({ channels }: Pick<Network, 'channels'>, where: string): Channels {
  if (channels === 3 || channels === 1) return channels;
  throw new ModelLockError(
    'unsupported',
    `${where}: num_channels is ${channels}; pictures have 3, or 1 where they are grey`,
  );
}

/** A configuration with the names that its classes were given. Throws `usage` for too few or many. */
export function relabelled(
  config: RawConfig,
  labels: readonly string[] | undefined,
  where: string,
): RawConfig {
  if (!labels) return config;
  const { length } = networkFrom(config, where).labels;
  if (labels.length === length) return withLabels(config, labels);
  throw new ModelLockError('usage', `${where} has ${length} classes, not ${labels.length}`);
}

/** Throws `usage` for options about what a folder of transformers says itself. */
export function requireClosed(folder: string, { heads, pooling }: ModelOptions): void {
  const option = heads === undefined ? pooling && '--pooling' : '--heads';
  if (option === undefined) return;
  throw new ModelLockError(
    'usage',
    `${option} is for weights alone; ${join(folder, configFile)} says it of this model`,
  );
}

/** The preprocessing of a folder: its own, or what is given. */
async function preprocessing(
  path: string,
  config: RawConfig,
  channels: Channels,
  options: ModelOptions,
): Promise<RawConfig> {
  const { normalisation } = options;
  if (!normalisation || (await exists(path))) return ownPreprocessing(path, options);
  const given = isSegmenter(config) ? options.size : squareSide(options.size, path);
  const size = bothSides(given ?? Number(config['image_size'] ?? 224));
  return preprocessorJsonOf({ ...size, ...normalisation, resampling: 'bilinear' }, channels);
}

/** A `preprocessor_config.json`. Throws `usage` for options that would have it otherwise. */
export async function ownPreprocessing(
  path: string,
  { normalisation, size }: ModelOptions,
): Promise<RawConfig> {
  const json = await readJsonObject(path);
  const option = normalisation ? '--mean' : size && '--input-size';
  if (!option) return json;
  throw new ModelLockError(
    'usage',
    `${path} says how pictures are prepared, and ${option} is for models that nothing says it of`,
  );
}
