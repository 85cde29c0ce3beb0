import { ModelLockError } from '../base/error.ts';
import { preprocessor, preprocessorConfig, type Preprocessor } from '../data/preprocess.ts';
import { openWeights, readWeights } from '../formats/weights.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import type { Network } from '../nn/models/network.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { join, readJsonObject } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';

export const configFile = 'config.json';
export const weightsFile = 'model.safetensors';
export const preprocessorFile = 'preprocessor_config.json';

/** A pretrained or fine-tuned image classifier, read from a folder as transformers lays it out. */
export interface ClassifierCheckpoint {
  readonly folder: string;
  readonly config: RawConfig;
  readonly preprocessorJson: RawConfig;
  readonly classifier: Network;
  readonly preprocessor: Preprocessor;
  /** float32, by the names of the checkpoint. */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
}

/** Reads a classifier. Throws `not-found`, `corrupt` or `unsupported`, naming the file. */
export async function readClassifier(folder: string): Promise<ClassifierCheckpoint> {
  const config = await readJsonObject(join(folder, configFile));
  const preprocessorPath = join(folder, preprocessorFile);
  const preprocessorJson = await readJsonObject(preprocessorPath);
  const weights = await readWeights((await openWeights(folder)).tensors);
  const classifier = networkFrom(config, join(folder, configFile));
  if (classifier.channels !== 3) {
    throw new ModelLockError(
      'unsupported',
      `${join(folder, configFile)}: num_channels is ${classifier.channels}; pictures have 3`,
    );
  }
  return {
    folder,
    config,
    preprocessorJson,
    classifier,
    preprocessor: preprocessor(parseConfig(preprocessorConfig, preprocessorJson, preprocessorPath)),
    weights,
  };
}

/** The same classifier with other weights, and perhaps other classes. */
export function withWeights(
  base: ClassifierCheckpoint,
  { config, weights }: Pick<ClassifierCheckpoint, 'config' | 'weights'>,
): ClassifierCheckpoint {
  return { ...base, config, weights, classifier: networkFrom(config, configFile) };
}
