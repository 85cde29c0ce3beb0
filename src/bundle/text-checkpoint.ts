import { ModelLockError } from '../base/error.ts';
import type { FastTokenizer } from '../formats/tokenizer/marks.ts';
import { WordPieceTokenizer } from '../formats/tokenizer/word-piece.ts';
import { openWeights, readWeights } from '../formats/weights.ts';
import type { RawConfig } from '../nn/config.ts';
import { textClassifierFrom, type TextClassifier } from '../nn/models/text-registry.ts';
import { exists, join, readBytesIfAny, readJsonObject, readText } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { withBody } from './body-names.ts';
import { configFile } from './checkpoint.ts';

/** What a tokenizer may consist of, as transformers calls it. */
const tokenizerFiles = ['tokenizer.json', 'vocab.txt', 'special_tokens_map.json'] as const;
export const tokenizerConfigFile = 'tokenizer_config.json';

/** A pretrained or fine-tuned text classifier, read from a folder as transformers lays it out. */
export interface TextCheckpoint {
  /** The file of its weights, for messages. */
  readonly weightsPath: string;
  readonly config: RawConfig;
  readonly classifier: TextClassifier;
  readonly tokenizer: WordPieceTokenizer;
  /** `tokenizer_config.json`; empty where there is none. */
  readonly tokenizerConfig: RawConfig;
  /** The tokenizer's other files as they are, by their names. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  /** Tokens of a text at most, marks counted: what both the model and its tokenizer allow. */
  readonly maxTokens: number;
  /** float32, by the names of the checkpoint. Those of the last layer are absent where it has none. */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
}

/**
 * Reads a text classifier. Throws `not-found`, `corrupt` or `unsupported`, naming the file.
 */
export async function readTextClassifier(folder: string): Promise<TextCheckpoint> {
  const config = await readJsonObject(join(folder, configFile));
  const classifier = textClassifierFrom(config, join(folder, configFile));
  const tokenizerConfigPath = join(folder, tokenizerConfigFile);
  const tokenizerConfig = (await exists(tokenizerConfigPath))
    ? await readJsonObject(tokenizerConfigPath)
    : {};
  const tokenizer = await readTokenizer(folder, tokenizerConfig);
  if (tokenizer.size > classifier.vocabulary) {
    throw new ModelLockError(
      'corrupt',
      `${folder}: the tokenizer has ${tokenizer.size} tokens, the model ${classifier.vocabulary}`,
    );
  }
  const { tensors, path: weightsPath } = await openWeights(folder);
  return {
    weightsPath,
    config,
    classifier,
    tokenizer,
    tokenizerConfig,
    tokenizerFiles: await tokenizerFilesOf(folder),
    maxTokens: Math.min(classifier.maxTokens, tokenizer.maxLength ?? Infinity),
    weights: withBody(currentNames(await readWeights(tensors)), classifier),
  };
}

/** The same classifier with other weights, and perhaps other classes. */
export function withTextWeights(
  base: TextCheckpoint,
  { config, weights }: Pick<TextCheckpoint, 'config' | 'weights'>,
): TextCheckpoint {
  return { ...base, config, weights, classifier: textClassifierFrom(config, configFile) };
}

/** Whether a text classifier has a last layer: what was pretrained without classes has none. */
export const hasTextHead = ({
  classifier,
  weights,
}: Pick<TextCheckpoint, 'classifier' | 'weights'>): boolean =>
  [...weights.keys()].some((name) => classifier.isHead(name));

async function readTokenizer(folder: string, config: RawConfig): Promise<WordPieceTokenizer> {
  const read = async <T>(name: string, reader: (path: string) => Promise<T>) =>
    (await exists(join(folder, name))) ? reader(join(folder, name)) : undefined;
  const tokenizer = await read('tokenizer.json', readJsonObject);
  const files = {
    tokenizer: tokenizer as FastTokenizer | undefined,
    vocabulary: tokenizer ? undefined : await read('vocab.txt', readText),
    config,
  };
  return new WordPieceTokenizer(files, folder);
}

async function tokenizerFilesOf(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of tokenizerFiles) {
    const bytes = await readBytesIfAny(join(folder, name));
    if (bytes) files.set(name, bytes);
  }
  return files;
}

/** BERT's own checkpoints have TensorFlow's names of a norm's weights. */
const currentNames = <T>(weights: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
  new Map([...weights].map(([name, t]) => [currentName(name), t]));

const currentName = (name: string): string =>
  name
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
