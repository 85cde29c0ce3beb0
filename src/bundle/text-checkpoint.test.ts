import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.ts';
import { toNumbers, type Tensor } from '../tensor/tensor.ts';
import { readTextClassifier } from './text-checkpoint.ts';
import { TextPredictor } from './text-predictor.ts';

/** Folders that transformers wrote, and what it makes of them (interop/text_reference.py). */
const fixtures = join(import.meta.dirname, '../nn/models/fixtures');
const texts = ['the film was good', 'a very awful story, but the actor is lovely!', 'dull'];

describe.each(['bert', 'distilbert'])('%s', (name) => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'text-checkpoint-test-'));
    await cp(join(fixtures, name), folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const logitsOf = async (...of: string[]): Promise<number[]> => {
    const predictor = new TextPredictor(await readTextClassifier(folder));
    const logits = toNumbers(await predictor.logits(of));
    await predictor.dispose();
    return logits;
  };

  it('is read from its folder and says what transformers says', async () => {
    const bytes = await readFile(join(folder, 'reference.safetensors'));
    const expected = toNumbers(decodeSafetensors(bytes, name).tensors.get('logits')!);
    const logits = await logitsOf(...texts);
    expect(logits).toHaveLength(9);
    logits.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
  });

  it('says the same of a text, whatever the others are, and cuts long ones', async () => {
    const alone = await logitsOf(texts[0]);
    const long = `${texts[0]} `.repeat(40);
    const many = await logitsOf(...Array<string>(20).fill(texts[1]), long, texts[0], `${long} bad`);
    expect(many.slice(63, 66)).toEqual(alone);
    expect(many.slice(60, 63)).toEqual(many.slice(66, 69));
  });

  it('is read from vocab.txt as well', async () => {
    const before = await logitsOf(...texts);
    await rm(join(folder, 'tokenizer.json'));
    expect(await logitsOf(...texts)).toEqual(before);
    await rm(join(folder, 'vocab.txt'));
    await expect(readTextClassifier(folder)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is read under the names of its body alone, without a last layer', async () => {
    const path = join(folder, 'model.safetensors');
    const { tensors } = decodeSafetensors(await readFile(path), path);
    const body = [...tensors].flatMap(([key, t]): [string, Tensor][] =>
      key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), t]] : [],
    );
    const before = await readTextClassifier(folder);
    await writeFile(path, encodeSafetensors(new Map(body)));
    const { weights } = await readTextClassifier(folder);
    expect(weights).toEqual(
      new Map([...before.weights].filter(([key]) => !before.classifier.isHead(key))),
    );
    await expect(logitsOf(...texts)).rejects.toThrow(
      `${path} was pretrained without classes: it has no last layer yet`,
    );
  });

  it('chooses between no classes by one number', async () => {
    const { weights, classifier, ...rest } = await readTextClassifier(folder);
    const checkpoint = { ...rest, weights, classifier: { ...classifier, labels: ['good'] } };
    expect(() => new TextPredictor(checkpoint)).toThrow('gives a text one number');
  });

  it('refuses a tokenizer with more tokens than the model knows', async () => {
    const path = join(folder, 'config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, vocab_size: 90 }));
    await expect(readTextClassifier(folder)).rejects.toMatchObject({
      code: 'corrupt',
      message: `${folder}: the tokenizer has 96 tokens, the model 90`,
    });
  });

  it('refuses architectures that read no texts', async () => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'vit' }));
    await expect(readTextClassifier(folder)).rejects.toThrow(
      /model_type "vit" is not supported for texts.*bert, distilbert/,
    );
  });
});
