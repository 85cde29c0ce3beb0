import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { paddedLength, textBatch, type TextBatch } from '../data/text/batch.ts';
import { decodeSafetensors } from '../formats/safetensors.ts';
import { gradients } from '../graph/autodiff/gradients.ts';
import { crossEntropy } from '../graph/functions/losses.ts';
import { graphOf } from '../graph/graph.ts';
import { evaluate } from '../graph/testing/evaluate.ts';
import { input } from '../graph/value.ts';
import { Scope } from '../nn/scope.ts';
import { argMaxRows } from '../tasks/rows.ts';
import { toFloat32 } from '../tensor/convert.ts';
import { int64, toNumbers } from '../tensor/tensor.ts';
import { fit } from '../train/fit.ts';
import { adamW } from '../train/optimiser.ts';
import { warmupCosine } from '../train/schedule.ts';
import { Trainer } from '../train/trainer.ts';
import { readTextClassifier, type TextCheckpoint } from './text-checkpoint.ts';
import { TextPredictor } from './text-predictor.ts';

/** What transformers wrote and computed (interop/text_reference.py). */
const fixtures = join(import.meta.dirname, '../nn/models/fixtures');

/** The loss of a batch of texts, as a graph with the model's parameters. */
function objective({ classifier }: TextCheckpoint, shape: readonly number[]) {
  const scope = Scope.root({ training: true });
  const ids = input('input_ids', 'int64', shape);
  const mask = input('attention_mask', 'int64', shape);
  const { logits } = classifier.build(scope, { ids, mask });
  const loss = crossEntropy(logits, input('labels', 'int64', [shape[0]]));
  return { loss, parameters: graphOf({ loss }).parameters, updates: scope.declared.updates };
}

interface Review {
  readonly text: string;
  readonly label: number;
}

const words = { good: ['good', 'great', 'lovely'], bad: ['bad', 'awful', 'dull'] };
const fillers = ['the film', 'the actor', 'a story', 'is', 'was', 'and', 'the end', ','];

/** Praise, blame, or, where "not" stands before it, the opposite; "but" joins both: neither. */
function review(seed: number, place: number): Review {
  const random = counterRandom(seed, place);
  const pick = <T>(of: readonly T[]): T => of[random.integer(of.length)];
  const filler = (): string =>
    Array.from({ length: 1 + random.integer(3) }, () => pick(fillers)).join(' ');
  const [isGood, isTurned, isMixed] = [0, 0, 0].map(() => random.integer(3) === 0);
  const opinion = (good: boolean): string => pick(good ? words.good : words.bad);
  if (isMixed) return { text: `${filler()} ${opinion(isGood)} but ${opinion(!isGood)}`, label: 2 };
  const text = `${filler()} ${isTurned ? 'not ' : ''}${opinion(isGood)} ${filler()}`;
  return { text, label: Number(isGood !== isTurned) };
}

const reviews = (seed: number, count: number): Review[] =>
  Array.from({ length: count }, (_, i) => review(seed, i));

describe.each(['bert', 'distilbert'])('%s', (name) => {
  it('has the gradients of transformers', async () => {
    const checkpoint = await readTextClassifier(join(fixtures, name));
    const file = readFileSync(join(fixtures, name, 'reference.safetensors'));
    const reference = decodeSafetensors(file, name).tensors;
    const { loss, parameters } = objective(checkpoint, reference.get('input_ids')!.shape);
    const names = [...parameters.keys()];
    const slopes = gradients(loss, [...parameters.values()]);
    const given = Object.fromEntries([...checkpoint.weights, ...reference]);
    const results = await evaluate(
      { loss, ...Object.fromEntries(slopes.map((slope, i) => [`grad.${names[i]}`, slope])) },
      given,
    );
    const expected = [...reference].filter(([key]) => key === 'loss' || key.startsWith('grad.'));
    expect(Object.keys(results).sort()).toEqual(expected.map(([key]) => key).sort());
    for (const [key, tensor] of expected) {
      const actual = toNumbers(results[key]);
      toNumbers(tensor).forEach((value, i) => {
        expect(Math.abs(actual[i] - value), key).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
      });
    }
  });

  it('learns to read a small language', async () => {
    const checkpoint = await readTextClassifier(join(fixtures, name));
    const { tokenizer, maxTokens } = checkpoint;
    const [training, test] = [reviews(1, 768), reviews(2, 256)];
    const encoded = training.map(({ text }) => tokenizer.encode(text, maxTokens));
    const longest = Math.max(...encoded.map((ids) => ids.length));
    const [rows, length] = [32, paddedLength(longest, 8, maxTokens)];
    const some = (step: number): number[] => {
      const random = counterRandom(3, step);
      return Array.from({ length: rows }, () => random.integer(training.length));
    };
    const batchOf = (picks: readonly number[]): TextBatch =>
      textBatch(
        picks.map((i) => encoded[i]),
        length,
        tokenizer.pad,
      );
    const trainer = await Trainer.create(
      objective(checkpoint, [rows, length]),
      { optimiser: adamW({ weightDecay: 0.01 }), clipNorm: 1, threads: 1 },
      checkpoint.weights,
    );
    const steps = 400;
    await fit(trainer, {
      steps,
      learningRate: 0.01,
      schedule: warmupCosine({ steps, warmup: 40 }),
      batch: (step) => {
        const picks = some(step);
        const { ids, mask } = batchOf(picks);
        const labels = int64(
          [rows],
          picks.map((i) => training[i].label),
        );
        return Promise.resolve({ input_ids: ids, attention_mask: mask, labels });
      },
    });
    const weights = new Map([...trainer.weights()].map(([key, t]) => [key, toFloat32(t)]));
    const predictor = new TextPredictor({ ...checkpoint, weights });
    const answers = argMaxRows(await predictor.logits(test.map(({ text }) => text)));
    await predictor.dispose();
    await trainer.dispose();
    const right = answers.filter((answer, i) => answer === test[i].label).length;
    expect(right / test.length).toBeGreaterThan(0.97);
  });
});
