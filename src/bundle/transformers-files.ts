import { perChannel, type Channels } from '../data/preprocess.ts';
import { preprocessorConfig } from '../data/preprocessor-config.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { forTask } from '../tasks/registry.ts';
import type { AnyTaskName } from '../tasks/task.ts';
import { int64, type Tensor } from '../tensor/tensor.ts';
import { configFile, preprocessorFile } from './checkpoint.ts';

/**
 * The `config.json` of a bundle, whatever its base was: a class for the task, its kind of labels, and
 * weights in float32, which transformers would otherwise round to the base's dtype.
 */
export function bundleConfig(config: RawConfig, task: AnyTaskName): RawConfig {
  const { architecture } = networkFrom(config, configFile);
  const { torch_dtype: _earlierName, problem_type: _ofTheBase, architectures, ...rest } = config;
  const forThisTask = forTask(rest, task);
  if (architecture === undefined) {
    return architectures === undefined ? forThisTask : { ...forThisTask, architectures };
  }
  const named: unknown[] = Array.isArray(architectures) ? architectures : [];
  // A DeiT's class begins with the same words where it has two heads.
  const kept = named.filter((name) => String(name).startsWith(architecture));
  return {
    ...forThisTask,
    architectures: kept.length > 0 ? kept : [architecture],
    dtype: 'float32',
  };
}

/**
 * The `preprocessor_config.json` of a bundle: what this program does, in full, so that no version of
 * a library fills in its own defaults. transformers.js, for one, normalises only where it is told to.
 */
export function bundlePreprocessor(json: RawConfig, channels: Channels): RawConfig {
  const { feature_extractor_type: _earlierName, ...rest } = json;
  const config = parseConfig(preprocessorConfig, json, preprocessorFile);
  return {
    ...rest,
    ...config,
    // transformers wants as many numbers as there are channels.
    image_mean: perChannel(config.image_mean, channels),
    image_std: perChannel(config.image_std, channels),
    do_convert_rgb: channels === 3,
  };
}

/**
 * The tensors of a bundle's `model.safetensors`: PyTorch's batch norms also count their batches, and
 * transformers would say that weights are missing. Nothing is computed with that number.
 */
export function bundleTensors(
  weights: ReadonlyMap<string, Tensor<'float32'>>,
): ReadonlyMap<string, Tensor> {
  const norms = [...weights.keys()].filter((name) => name.endsWith('.running_mean'));
  const counts = norms.map((name): [string, Tensor] => [
    name.replace(/running_mean$/, 'num_batches_tracked'),
    int64([], [0]),
  ]);
  return new Map<string, Tensor>([...weights, ...counts]);
}
