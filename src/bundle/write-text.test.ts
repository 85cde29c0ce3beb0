import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textBatch } from '../data/text/batch.ts';
import { encodeTexts } from '../data/text/encode.ts';
import { Session } from '../runtime/session.ts';
import { toNumbers } from '../tensor/tensor.ts';
import { parseManifest, type Manifest } from './manifest.ts';
import { readTextClassifier } from './text-checkpoint.ts';
import { TextPredictor } from './text-predictor.ts';
import { writeTextBundle } from './write-text.ts';

const fixtures = join(import.meta.dirname, '../nn/models/fixtures');
const texts = ['the film was good', 'a very awful story, but the actor is lovely!', 'dull'];
const manifest: Manifest = {
  format: 1,
  modellock: '0.1.0',
  task: 'text-classification',
  labels: ['a', 'b', 'c'],
  base: { reference: 'x', name: 'x', version: null, hash: '0'.repeat(64) },
  lock: null,
  training: { seed: 0, texts: 3, epochs: 1 },
  measured: null,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-text-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(['bert', 'distilbert'])('a bundle of %s', (name) => {
  it('is read as what was written, and cuts where training did', async () => {
    const checkpoint = { ...(await readTextClassifier(join(fixtures, name))), maxTokens: 12 };
    await writeTextBundle(folder, checkpoint, manifest);
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'modellock.json',
      'onnx',
      'tokenizer.json',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
    const again = await readTextClassifier(folder);
    expect(again.maxTokens).toBe(12);
    expect(again.weights).toEqual(checkpoint.weights);
    expect(again.config).toEqual({
      ...checkpoint.config,
      architectures: [checkpoint.classifier.architecture],
      dtype: 'float32',
    });
    const text = await readFile(join(folder, 'modellock.json'), 'utf8');
    expect(parseManifest(text, 'm')).toEqual(manifest);
  });

  it('has an ONNX graph for batches and texts of any length', async () => {
    const checkpoint = await readTextClassifier(join(fixtures, name));
    const { tokenizer, maxTokens } = checkpoint;
    await writeTextBundle(folder, checkpoint, manifest);
    const predictor = new TextPredictor(checkpoint);
    const expected = toNumbers(await predictor.logits(texts));
    await predictor.dispose();
    const session = await Session.load(await readFile(join(folder, 'onnx', 'model.onnx')));
    const run = async (some: readonly string[], length: number): Promise<number[]> => {
      const encoded = encodeTexts(tokenizer, some, maxTokens).ids;
      const { ids, mask } = textBatch(encoded, length, tokenizer.pad);
      const { logits } = await session.run({ input_ids: ids, attention_mask: mask });
      return toNumbers(logits);
    };
    const close = (actual: number[], wanted: number[]): void => {
      expect(actual).toHaveLength(wanted.length);
      actual.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
    };
    close(await run(texts, 16), expected);
    close(await run(texts.slice(0, 1), 6), expected.slice(0, 3));
    close(await run(texts.slice(2), maxTokens), expected.slice(6));
    await session.dispose();
  });
});
