import { ModelLockError } from '../base/error.ts';
import type { FastTokenizer } from '../formats/tokenizer/marks.ts';
import { WordPieceTokenizer } from '../formats/tokenizer/word-piece.ts';
import { openWeights, readWeights } from '../formats/weights.ts';
import type { RawConfig } from '../nn/config.ts';
import { textClassifierFrom, type TextClassifier } from '../nn/models/text-registry.ts';
import { exists, join, readJsonObject, readText } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { configFile } from './checkpoint.ts';

/** A pretrained or fine-tuned text classifier, read from a folder as transformers lays it out. */
export interface TextCheckpoint {
  readonly folder: string;
  readonly config: RawConfig;
  readonly classifier: TextClassifier;
  readonly tokenizer: WordPieceTokenizer;
  /** Tokens of a text at most, marks counted: what both the model and its tokenizer allow. */
  readonly maxTokens: number;
  /** float32, by the names of the checkpoint. */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
}

/**
 * Reads a text classifier. Throws `not-found`, `corrupt` or `unsupported`, naming the file.
 */
export async function readTextClassifier(folder: string): Promise<TextCheckpoint> {
  const config = await readJsonObject(join(folder, configFile));
  const classifier = textClassifierFrom(config, join(folder, configFile));
  const tokenizer = await readTokenizer(folder);
  if (tokenizer.size > classifier.vocabulary) {
    throw new ModelLockError(
      'corrupt',
      `${folder}: the tokenizer has ${tokenizer.size} tokens, the model ${classifier.vocabulary}`,
    );
  }
  const stored = await readWeights((await openWeights(folder)).tensors);
  const maxTokens = Math.min(classifier.maxTokens, tokenizer.maxLength ?? Infinity);
  const weights = new Map([...stored].map(([name, t]) => [currentName(name), t]));
  return { folder, config, classifier, tokenizer, maxTokens, weights };
}

async function readTokenizer(folder: string): Promise<WordPieceTokenizer> {
  const read = async <T>(name: string, reader: (path: string) => Promise<T>) =>
    (await exists(join(folder, name))) ? reader(join(folder, name)) : undefined;
  const tokenizer = await read('tokenizer.json', readJsonObject);
  const files = {
    tokenizer: tokenizer as FastTokenizer | undefined,
    vocabulary: tokenizer ? undefined : await read('vocab.txt', readText),
    config: (await read('tokenizer_config.json', readJsonObject)) ?? {},
  };
  return new WordPieceTokenizer(files, folder);
}

/** BERT's own checkpoints have TensorFlow's names of a norm's weights. */
const currentName = (name: string): string =>
  name
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
