import { encodeOnnx } from '../formats/onnx/write.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import type { RawConfig } from '../nn/config.ts';
import { Scope } from '../nn/scope.ts';
import { join, makeFolder, removeAll, writeAtomic, writeJson } from '../platform/files.ts';
import { configFile, weightsFile } from './checkpoint.ts';
import { writeManifest, type Manifest } from './manifest.ts';
import { tokenizerConfigFile, type TextCheckpoint } from './text-checkpoint.ts';

/**
 * Writes a bundle of a text classifier: a folder that transformers and any ONNX runtime load as it is,
 * and `modellock.json`. What was in that folder before is removed.
 */
export async function writeTextBundle(
  folder: string,
  checkpoint: TextCheckpoint,
  manifest: Manifest,
): Promise<void> {
  await removeAll(folder);
  await makeFolder(join(folder, 'onnx'));
  const weights = encodeSafetensors(checkpoint.weights, { format: 'pt' });
  await writeAtomic(join(folder, weightsFile), weights);
  await writeJson(join(folder, configFile), bundleTextConfig(checkpoint));
  for (const [name, bytes] of checkpoint.tokenizerFiles) {
    await writeAtomic(join(folder, name), bytes);
  }
  // Whoever loads it cuts texts where training did.
  const tokenizer = { ...checkpoint.tokenizerConfig, model_max_length: checkpoint.maxTokens };
  await writeJson(join(folder, tokenizerConfigFile), tokenizer);
  await writeAtomic(join(folder, 'onnx', 'model.onnx'), exportTextOnnx(checkpoint));
  await writeManifest(folder, manifest);
}

/** The `config.json` of a bundle, whatever its base was: the class with a last layer, in float32. */
function bundleTextConfig({ config, classifier }: TextCheckpoint): RawConfig {
  const { torch_dtype: _earlierName, ...rest } = config;
  return { ...rest, architectures: [classifier.architecture], dtype: 'float32' };
}

/** The model as ONNX, weights inside, with free axes of the batch and of the tokens. */
function exportTextOnnx({ classifier, weights }: TextCheckpoint): Uint8Array {
  const shape = ['batch', 'sequence'];
  const ids = input('input_ids', 'int64', shape);
  const mask = input('attention_mask', 'int64', shape);
  const { logits } = classifier.build(Scope.root(), { ids, mask });
  return encodeOnnx(graphOf({ logits }), { parameters: weights });
}
