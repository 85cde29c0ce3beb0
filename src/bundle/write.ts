import type { Channels } from '../data/preprocess.ts';
import { encodeOnnx } from '../formats/onnx/write.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import type { RawConfig } from '../nn/config.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { Scope } from '../nn/scope.ts';
import { join, makeFolder, removeAll, writeAtomic, writeJson } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { configFile, preprocessorFile, weightsFile } from './checkpoint.ts';
import { writeManifest, type Manifest } from './manifest.ts';
import { bundleConfig, bundlePreprocessor, bundleTensors } from './transformers-files.ts';

export interface Bundle {
  readonly config: RawConfig;
  readonly preprocessorJson: RawConfig;
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
  /** Channels, height and width of the input. */
  readonly channels: Channels;
  readonly size: { readonly height: number; readonly width: number };
  readonly manifest: Manifest;
}

/**
 * Writes a bundle: a folder that transformers, transformers.js and ONNX Runtime load as it is, and
 * `modellock.json`. What was in that folder before is removed.
 */
export async function writeBundle(folder: string, bundle: Bundle): Promise<void> {
  await removeAll(folder);
  await makeFolder(join(folder, 'onnx'));
  await writeAtomic(
    join(folder, weightsFile),
    encodeSafetensors(bundleTensors(bundle.weights), { format: 'pt' }),
  );
  await writeJson(join(folder, configFile), bundleConfig(bundle.config, bundle.manifest.task));
  await writeJson(
    join(folder, preprocessorFile),
    bundlePreprocessor(bundle.preprocessorJson, bundle.channels),
  );
  await writeAtomic(join(folder, 'onnx', 'model.onnx'), exportOnnx(bundle));
  await writeManifest(folder, bundle.manifest);
}

/** The model as ONNX, weights inside, with a free batch axis. */
export function exportOnnx({
  config,
  weights,
  size,
}: Pick<Bundle, 'config' | 'weights' | 'size'>): Uint8Array {
  const network = networkFrom(config, configFile);
  const x = input('pixel_values', 'float32', ['batch', network.channels, size.height, size.width]);
  const { logits } = network.build(Scope.root(), x);
  return encodeOnnx(graphOf({ logits }), { parameters: weights });
}
