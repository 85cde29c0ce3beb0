import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkplace, type Workplace } from '../../tests/support/workplace.ts';
import type { Sample } from '../data/sample.ts';
import { classification } from '../tasks/classification.ts';
import { segmentation } from '../tasks/segmentation.ts';
import { float32 } from '../tensor/tensor.ts';
import { parseManifest, type Manifest } from '../bundle/manifest.ts';
import { lock, type LockOptions } from './lock.ts';
import { recipes } from './recipe.ts';
import { openTeacher, softAnswers } from './teacher.ts';
import { train } from './train.ts';

/** A picture of one pixel, whose red is its number. */
const sample = (i: number): Sample<number> => ({
  path: `${i}.png`,
  read: () => Promise.resolve({ width: 1, height: 1, data: Uint8Array.of(i, 0, 0) }),
  content: () => Promise.resolve(`${i}`),
  length: () => Promise.resolve(1),
  label: () => Promise.resolve(0),
  stratum: 0,
});

describe('the answers of a teacher', () => {
  const samples = Array.from({ length: 150 }, (_, i) => sample(i));

  it('are those to each picture, in order', async () => {
    const stages = new Set<string>();
    const answers = await softAnswers(
      classification,
      {
        logits: async (images) =>
          float32(
            [images.length, 2],
            images.flatMap(({ data: [red] }) => [red / 10, 0]),
          ),
      },
      samples,
      { temperature: 5 },
      { onProgress: ({ stage }) => stages.add(stage) },
    );
    expect(answers).toHaveLength(samples.length);
    answers.forEach(([first], i) => expect(first).toBeCloseTo(1 / (1 + Math.exp(-i / 50)), 6));
    expect([...stages]).toEqual(['ask the baseline']);
  });

  it('must be numbers', async () => {
    const broken = { logits: async () => float32([3, 2], [0, 1, 2, NaN, 4, 5]) };
    await expect(
      softAnswers(classification, broken, samples.slice(0, 3), { temperature: 1 }),
    ).rejects.toThrow("the model's answer to 1.png is NaN");
  });
});

describe('a baseline', () => {
  let place: Workplace;
  const classes = ['cougar', 'lobster', 'viaduct'];
  beforeAll(async () => {
    place = makeWorkplace({ train: 2, test: 1 });
    for (const [out, seed] of [
      ['plain', 0],
      ['other', 1],
    ] as const) {
      await train({
        data: place.at('photos'),
        model: place.at('model'),
        out: place.at(out),
        seed,
        tuning: { epochs: 1 },
      });
    }
  });
  afterAll(() => place.remove());

  const locked = async (out: string, more: Partial<LockOptions> = {}): Promise<string[]> => {
    const notices: string[] = [];
    await lock({
      data: place.at('photos'),
      model: place.at('model'),
      editor: place.at('editor'),
      key: { prompt: 'with oil pastel' },
      out: place.at(out),
      seed: 0,
      tuning: { epochs: 1 },
      decoyImages: 1,
      edits: place.at('edits'),
      onNotice: (text) => notices.push(text),
      ...more,
    });
    return notices;
  };
  const manifestOf = (out: string): Manifest =>
    parseManifest(readFileSync(place.at(out, 'modellock.json'), 'utf8'), out);
  const weightsOf = (out: string): string => place.hashes(out)['model.safetensors'];

  it('teaches a lock, which says so', async () => {
    const notices = await locked('taught', { baseline: place.at('plain') });
    expect(notices).toContain(
      'the lock learns from the baseline: its answers to the clean pictures are 90 % of what their edits are taught, and their labels the rest',
    );
    expect(manifestOf('taught').lock!.teacher).toMatchObject({ name: 'plain' });
    expect(await locked('alone')).toContainEqual(
      expect.stringMatching(/^the lock learns from labels alone; .*--baseline/),
    );
    expect(manifestOf('alone').lock!.teacher).toBeUndefined();
    expect(weightsOf('alone')).not.toBe(weightsOf('taught'));
  });

  it('of a recipe that learns from none is compared with, and no more', async () => {
    const recipe = 'paper';
    const notices = await locked('paper', { recipe, baseline: place.at('plain') });
    expect(notices.join()).not.toContain('baseline');
    expect(manifestOf('paper').lock!.teacher).toBeUndefined();
    expect(manifestOf('paper').measured!.baseline).not.toBeNull();
    await locked('paper-alone', { recipe });
    expect(weightsOf('paper-alone')).toBe(weightsOf('paper'));
  });

  it.each([
    ['is of use without a test set', 'hardened', false],
    ['is of no use without a test set, and that is said', 'paper', true],
  ])('%s', async (_, recipe, isUseless) => {
    const notices = await locked(`untested-${recipe}`, {
      recipe,
      data: place.at('photos', 'train'),
      baseline: place.at('plain'),
    });
    const notice = 'there is nothing to test with, so the baseline is not used';
    expect(notices.includes(notice)).toBe(isUseless);
  });

  it('decides what becomes of an unfinished lock: another one does not go on with it', async () => {
    const controller = new AbortController();
    const stopped = locked('stopped', {
      baseline: place.at('plain'),
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === 'ask the baseline') controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    await expect(locked('stopped', { baseline: place.at('other') })).rejects.toThrow(
      /holds an unfinished job with other options or pictures/,
    );
    // The same weights in another place are the same teacher.
    await locked('stopped', { baseline: place.at('plain') });
    expect(weightsOf('stopped')).toBe(weightsOf('taught'));
  });

  it('that is locked, or of other classes, is refused', async () => {
    const wanted = { baseline: place.at('taught'), classes };
    await expect(openTeacher(classification, recipes.hardened, wanted, {})).rejects.toThrow(
      /is locked itself/,
    );
    const other = { baseline: place.at('plain'), classes: ['cat', 'dog'] };
    await expect(openTeacher(classification, recipes.hardened, other, {})).rejects.toThrow(
      /has other classes than the model/,
    );
  });

  it('is no teacher of segmenters', async () => {
    const wanted = { baseline: place.at('plain'), classes };
    expect(await openTeacher(segmentation, recipes.hardened, wanted, {})).toBeUndefined();
  });
});
