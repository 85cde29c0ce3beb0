/**
 * Writes the pocket editor as a diffusers folder, float16, from a trained U-Net.
 *
 *     npx tsx scripts/pocket-editor/write-folder.ts OUT [VERSION]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { unetConfig } from '../../src/nn/models/diffusion/unet-2d-condition.ts';
import { toFloat16 } from '../../src/tensor/convert.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import {
  autoencoderJson,
  identityAutoencoder,
  schedulerJson,
  textWidth,
  unetJson,
} from './architecture.ts';
import { buildText } from './pocket-text.ts';
import { codePattern, codeScale } from './style-sources.ts';
import { textEncoderConfig } from './text-encoder.ts';
import { readStates } from './text-reader.ts';
import { tokenizerFiles } from './tokenizer.ts';

const [out = 'assets/pocket-editor', version = '1'] = process.argv.slice(2);
const folder = process.env['TRAINING_DIR'] ?? '.training/pocket-editor';

const text = await buildText();
const heads = unetConfig.parse(unetJson).addition_embed_type_num_heads;
const trained = readStates(trainedWeights(join(folder, 'unet.safetensors')), heads, text.map, {
  scale: codeScale,
  pattern: codePattern(textWidth),
});

writeJson('model_index.json', {
  _class_name: 'StableDiffusionInstructPix2PixPipeline',
  _diffusers_version: '0.42.1',
  feature_extractor: [null, null],
  image_encoder: [null, null],
  requires_safety_checker: false,
  safety_checker: [null, null],
  scheduler: ['diffusers', 'EulerAncestralDiscreteScheduler'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderTiny'],
});
// One step from pure noise, without guidance: as it was trained.
writeJson('modellock-editor.json', {
  version,
  steps: 1,
  guidance: 1,
  imageGuidance: 1,
  size: 64,
  alpha: 0.5,
  seed: 1024,
  batch: 32,
});
writeJson('scheduler/scheduler_config.json', schedulerJson);
writeJson('unet/config.json', unetJson);
writeWeights('unet/diffusion_pytorch_model.safetensors', trained);
writeJson('vae/config.json', autoencoderJson);
writeWeights('vae/diffusion_pytorch_model.safetensors', identityAutoencoder());
writeJson('text_encoder/config.json', textEncoderConfig(text.tokenizer.vocabulary));
writeWeights('text_encoder/model.safetensors', text.weights);
for (const [name, content] of tokenizerFiles(text.tokenizer)) {
  writeFileSync(place(`tokenizer/${name}`), content);
}

/** The weights of a checkpoint, without the optimiser's memory. */
function trainedWeights(path: string): Map<string, Tensor<'float32'>> {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  console.log(`${path}: ${metadata['steps']} steps`);
  return new Map(
    [...tensors].filter(([name]) => !/^(?:ema|optimiser)\//.test(name)) as [
      string,
      Tensor<'float32'>,
    ][],
  );
}

function place(name: string): string {
  const path = join(out, name);
  mkdirSync(join(path, '..'), { recursive: true });
  return path;
}

function writeJson(name: string, value: unknown): void {
  writeFileSync(place(name), `${JSON.stringify(value, null, 2)}\n`);
}

function writeWeights(name: string, weights: ReadonlyMap<string, Tensor<'float32'>>): void {
  const half = new Map([...weights].map(([key, t]) => [key, toFloat16(t)]));
  writeFileSync(place(name), encodeSafetensors(half, { format: 'pt' }));
}
