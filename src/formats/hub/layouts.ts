import { weightPlaces, weightVariants } from '../weight-files.ts';
import type { Layout, Need, Serving } from './choice.ts';

/** How models lie in the repositories of the hub, as far as this program reads them. */

const one = (file: string): Need => ({ what: file, servings: [{ files: [file] }] });
const optional = (file: string): Need => ({ ...one(file), isOptional: true });

/** The edit of a picture does not need more than half precision, and that is half the size. */
const small = weightVariants.halfFirst;
/** A classifier is trained on. */
const precise = weightVariants.fullFirst;

/** @param folder empty, or with a slash at its end. */
function weights(folder: string, variants: readonly string[]): Need {
  const servings = weightPlaces(variants).flatMap(({ file, index }): Serving[] => [
    { files: [folder + file] },
    { index: folder + index },
  ]);
  return { what: `file of weights in ${folder || 'its root'} (.safetensors or .bin)`, servings };
}

type Part = (folder: string) => readonly Need[];

const network: Part = (folder) => [one(`${folder}config.json`), weights(folder, small)];

const tokenizer: Part = (folder) => [
  one(`${folder}tokenizer_config.json`),
  {
    what: `${folder}tokenizer.json`,
    servings: [
      { files: [`${folder}tokenizer.json`] },
      { files: [`${folder}vocab.json`, `${folder}merges.txt`] },
    ],
  },
];

const scheduler: Part = (folder) => [one(`${folder}scheduler_config.json`)];

/** The parts of a pipeline that every editor has. */
const parts: Readonly<Record<string, Part>> = {
  scheduler,
  text_encoder: network,
  tokenizer,
  unet: network,
  vae: network,
};

/** Those that some have: where the index of the pipeline names them. */
const furtherParts: Readonly<Record<string, Part>> = {
  text_encoder_2: network,
  tokenizer_2: tokenizer,
};

/** A pipeline of diffusers. Safety checkers, and copies of it all in one file, are no part of it. */
export const pipelineLayout: Layout = {
  document: 'model_index.json',
  needs: (index) => {
    const named = Object.entries(furtherParts).filter(([name]) => isPart(index[name]));
    return [
      ...[...Object.entries(parts), ...named].flatMap(([name, needs]) => needs(`${name}/`)),
      optional('modellock-editor.json'),
    ];
  },
};

/** `[library, class]`; a part that is left out has nulls. */
const isPart = (entry: unknown): boolean =>
  Array.isArray(entry) && entry.length > 0 && entry.every((word) => typeof word === 'string');

/** A tokenizer of byte pairs, in the repository of its model. */
export const tokenizerLayout: Layout = {
  document: 'tokenizer_config.json',
  needs: () => [one('vocab.json'), one('merges.txt')],
};

/** What says how the input of a classifier is made: of pictures, or else of texts. */
const preparation: Need = {
  what: 'preprocessor_config.json or tokenizer',
  servings: [
    { files: ['preprocessor_config.json'] },
    { files: ['tokenizer_config.json', 'tokenizer.json'] },
    { files: ['tokenizer_config.json', 'vocab.txt'] },
    { files: ['vocab.txt'] },
  ],
};

/**
 * A classifier of transformers, which may be a locked one or read texts; or of timm, whose
 * configuration says it all.
 */
export const classifierLayout: Layout = {
  document: 'config.json',
  needs: (config) => [
    ...('pretrained_cfg' in config ? [] : [preparation]),
    weights('', precise),
    optional('modellock.json'),
  ],
};

/** A classifier as an ONNX graph, as transformers.js has it. */
export const onnxLayout: Layout = {
  document: 'config.json',
  needs: () => [
    one('preprocessor_config.json'),
    one('onnx/model.onnx'),
    // Its weights, where they are not in it, under the names that exporters give them.
    optional('onnx/model.onnx_data'),
    optional('onnx/model.onnx.data'),
  ],
};
