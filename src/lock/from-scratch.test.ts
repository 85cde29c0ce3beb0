import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Workplace } from '../../tests/support/workplace.ts';
import { parseManifest } from '../bundle/manifest.ts';
import { decodeSafetensors } from '../formats/safetensors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { trainTexts } from './texts/train-texts.ts';
import { train } from './train.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace({ train: 2, test: 1 });
  const bert = join(import.meta.dirname, '../nn/models/fixtures/bert');
  cpSync(bert, place.at('bert'), { recursive: true });
  writeFileSync(
    place.at('texts.csv'),
    'text,label\nthe film was good,good\nthe film was bad,bad\n',
  );
});
afterAll(() => place.remove());

/** So little that the weights are where they began. */
const tuning = { epochs: 1, learningRate: 1e-9 };

const jobs = {
  pictures: (options: { out: string; fromScratch?: boolean }) =>
    train({ data: place.at('photos'), model: place.at('model'), seed: 0, tuning, ...options }),
  texts: (options: { out: string; fromScratch?: boolean }) =>
    trainTexts({
      data: place.at('texts.csv'),
      model: place.at('bert'),
      seed: 0,
      tuning,
      ...options,
    }),
};

const weightsIn = (folder: string): ReadonlyMap<string, Tensor> => {
  const path = place.at(folder, 'model.safetensors');
  return decodeSafetensors(readFileSync(path), path).tensors;
};

/** The largest difference between two tensors of one name. */
function distance(a: string, b: string, name: string): number {
  const [x, y] = [a, b].map((folder) => [...weightsIn(folder).get(name)!.data].map(Number));
  return Math.max(...x.map((value, i) => Math.abs(value - y[i])));
}

it.each([
  ['pictures', 'model', 'resnet.embedder.embedder.convolution.weight'],
  ['texts', 'bert', 'bert.embeddings.word_embeddings.weight'],
] as const)(
  'a model of %s begins with its own weights, or with random ones',
  async (kind, model, name) => {
    const [kept, scratch, again] = ['kept', 'scratch', 'again'].map((word) => `${kind}-${word}`);
    await jobs[kind]({ out: place.at(kept) });
    await jobs[kind]({ out: place.at(scratch), fromScratch: true });
    await jobs[kind]({ out: place.at(again), fromScratch: true });
    expect(distance(model, kept, name)).toBeLessThan(1e-6);
    expect(distance(model, scratch, name)).toBeGreaterThan(1e-3);
    expect(place.hashes(again)).toEqual(place.hashes(scratch));
    const madeIn = (folder: string): unknown =>
      parseManifest(readFileSync(place.at(folder, 'modellock.json'), 'utf8'), folder).training;
    expect(madeIn(scratch)).toMatchObject({ fromScratch: true });
    expect(madeIn(kept)).not.toHaveProperty('fromScratch');
  },
);
