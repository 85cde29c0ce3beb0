import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/bundle/checkpoint.ts';
import { parseManifest } from '../../src/bundle/manifest.ts';
import { evaluationDocumentSchema } from '../../src/evaluate/document.ts';
import { readImage } from '../../src/platform/images.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** The whole of it on the command line: train, lock, edit, predict, evaluate, inspect. */

const key = 'with oil pastel';
const classes = ['cougar', 'lobster', 'viaduct'];
const bundleFiles = [
  'config.json',
  'model.safetensors',
  'modellock.json',
  'onnx/model.onnx',
  'preprocessor_config.json',
];

interface Prediction {
  readonly image: string;
  readonly classes: { label: string; probability: number }[];
}

let place: Workplace;
let trained: Finished;
let locked: Finished;

const run = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder });
const runWithKey = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder, key });

/** What was printed, which must be one JSON document and nothing else. */
function json({ code, stdout, stderr }: Finished): unknown {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}
const fields = (result: Finished): Record<string, unknown> =>
  json(result) as Record<string, unknown>;
const predicted = (result: Finished): Prediction[] => json(result) as Prediction[];

beforeAll(async () => {
  place = makeWorkplace({ train: 6, test: 3 });
  trained = await run('train --data photos --model model --out plain --epochs 2 --json');
  locked = await runWithKey(
    'lock --data photos/train --test photos/test --baseline plain --out locked --json',
    ...tiny,
  );
});
afterAll(() => place.remove());

describe('train', () => {
  it('makes a bundle without a lock and prints its score', () => {
    expect(json(trained)).toEqual({
      bundle: 'plain',
      images: 18,
      skipped: [],
      metric: 'accuracy',
      score: expect.closeTo(Math.round(9 * (fields(trained)['score'] as number)) / 9) as number,
      measures: expect.objectContaining({ 'balanced accuracy': expect.anything() }) as unknown,
      overlap: { duplicates: [], groups: { count: 0, train: 0, test: 0 } },
    });
    expect(trained.stderr).toMatch(/^read: .*\n(.*\n)*train: \d+\/\d+ steps\n/);
    expect(place.files('plain')).toEqual(bundleFiles);
    const manifest = parseManifest(readFileSync(place.at('plain', 'modellock.json'), 'utf8'), '');
    expect(manifest).toMatchObject({ labels: classes, lock: null, measured: { lp: null, n: 9 } });
  });

  it('is not taken for the plain model of a demo with another seed', async () => {
    cpSync(place.at('plain'), place.at('shown', 'unlocked'), { recursive: true });
    const other = await run('demo --out shown --seed 7');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('is of a demo with seed 0; give another --out for seed 7');
  });

  it('runs steps in parts and computes again what it does not keep, if told to', async () => {
    const words = 'train --data photos --model model --epochs 1 --batch 6 --json --out';
    const options = '--accumulate 3 --gradient-checkpointing';
    const parts = await run(`${words} parts ${options}`);
    expect(fields(parts)).toMatchObject({ bundle: 'parts', images: 18 });
    const manifest = parseManifest(readFileSync(place.at('parts', 'modellock.json'), 'utf8'), '');
    expect(manifest).toMatchObject({
      training: { tuning: { batch: 6, accumulate: 3, gradientCheckpointing: true } },
    });
    const unequal = await run(`${words} unequal --accumulate 4`);
    expect(unequal.code).toBe(2);
    expect(unequal.stderr).toContain(
      '6 pictures of a step cannot be run in 4 equal parts (valid: 1, 2, 3, 6)',
    );
  });

  it('limits the pictures, by class, and trains at least one step', async () => {
    const few = await run(
      'train --data photos/train --model model --out few --limit 3 --epochs 0.01 --json',
    );
    expect(json(few)).toEqual({
      bundle: 'few',
      images: 3,
      skipped: [],
      metric: 'accuracy',
      score: null,
      measures: null,
      overlap: null,
    });
    expect(few.stderr).toContain('train: 1/1 steps');
  });
});

describe('lock', () => {
  it('prints the document of the evaluation as one JSON document', () => {
    const document = fields(locked);
    const { decoys, decoders, ...scores } = evaluationDocumentSchema.parse(document);
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining([
        'task',
        'metric',
        'n',
        'chance',
        'baseline',
        'lp',
        'up',
        'diagnosis',
      ]),
    );
    expect(document).toMatchObject({ bundle: 'locked', images: 18, skipped: [] });
    expect(scores).toMatchObject({ task: 'classification', metric: 'accuracy', n: 9 });
    expect(scores.chance).toBeCloseTo(1 / 3);
    expect(scores.baseline).toBe(fields(trained)['score']);
    expect(scores.up).not.toBeNull();
    const unrelated = decoys.filter(({ kind }) => kind === 'unrelated');
    expect(unrelated).toHaveLength(8);
    for (const { prompt, change, n } of unrelated) {
      expect([typeof prompt, change, n]).toEqual(['string', null, 9]);
    }
    const misses = decoys.filter(({ kind }) => kind === 'near-miss');
    expect(misses.length).toBeGreaterThanOrEqual(8);
    for (const { prompt, change } of misses)
      expect([prompt, typeof change]).toEqual([null, 'string']);
    expect(decoders.map(({ name }) => name)).toContain('logistic-regression');
  });

  it('says how far it is on stderr alone', () => {
    expect(locked.stderr).toContain('the lock learns from the baseline: ');
    for (const stage of ['read', 'edit', 'ask the baseline', 'train', 'evaluate']) {
      expect(locked.stderr).toContain(`${stage}: `);
      expect(locked.stdout).not.toContain(`${stage}: `);
    }
  });

  it('makes a bundle that says what was measured, and nothing beside it', () => {
    expect(place.files('locked')).toEqual(bundleFiles);
    expect(place.files()).not.toContainEqual(expect.stringMatching(/^locked\.|\.part$/));
    const manifest = parseManifest(readFileSync(place.at('locked', 'modellock.json'), 'utf8'), '');
    const { lp, up, chance, baseline } = fields(locked);
    expect(manifest).toMatchObject({
      labels: classes,
      base: { reference: 'model', name: 'model' },
      lock: {
        editor: { reference: 'editor', name: 'editor', version: '1' },
        edit: { steps: 1, alpha: 0.5, size: 16 },
        recipe: { name: 'hardened' },
        teacher: { reference: 'plain', name: 'plain' },
        secret: false,
      },
      measured: { n: 9, lp, up, chance, baseline },
    });
  });

  it('does without a test set: null instead of scores', async () => {
    const result = await runWithKey(
      'lock --data photos/train --recipe paper --limit 9 --out untested',
      ...tiny,
    );
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toBe('Locked with 9 pictures: untested\n');
    const manifest = parseManifest(
      readFileSync(place.at('untested', 'modellock.json'), 'utf8'),
      '',
    );
    expect(manifest.measured).toBeNull();
  });

  it('is a function of its options: the same bytes again, others for another seed or key', async () => {
    const again = (words: string, prompt = key): Promise<Finished> =>
      modellock(command(`lock --data photos/train --limit 6 --out ${words}`, ...tiny), {
        cwd: place.folder,
        key: prompt,
      });
    for (const result of await Promise.all([
      again('one'),
      again('two'),
      again('other-seed --seed 1'),
      again('other-key', 'as a blueprint'),
    ])) {
      expect(result.code, result.stderr).toBe(0);
    }
    expect(place.hashes('two')).toEqual(place.hashes('one'));
    for (const name of ['other-seed', 'other-key']) {
      expect(place.hashes(name)['model.safetensors']).not.toBe(
        place.hashes('one')['model.safetensors'],
      );
    }
  });
});

const pictures = classes.map((name) => `photos/test/${name}/000.jpg`);

/** Probabilities in the order of the classes. */
const probabilities = (predictions: readonly Prediction[]): number[][] =>
  predictions.map((prediction) =>
    classes.map((name) => prediction.classes.find(({ label }) => label === name)!.probability),
  );

function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((row, i) =>
    row.forEach((value, k) => expect(value).toBeCloseTo(expected[i][k], 5)),
  );
}

describe('predict', () => {
  it('lists the likeliest classes of each picture', async () => {
    const { code, stdout } = await run('predict locked --top 2', ...pictures);
    expect(code).toBe(0);
    const line = (path: string): string => `${path}: (\\w+) [\\d.]+ %, (\\w+) [\\d.]+ %\\n`;
    expect(stdout).toMatch(new RegExp(`^${pictures.map(line).join('')}$`));
  });

  it('agrees with the exported ONNX model, for one picture and for several', async () => {
    const ours = predicted(await run('predict locked --json', ...pictures));
    expect(ours.map(({ image }) => image)).toEqual(pictures);

    const { preprocessor } = await readCheckpoint(place.at('locked'));
    const session = await InferenceSession.create(place.at('locked', 'onnx', 'model.onnx'));
    const pixels = await Promise.all(
      pictures.map(async (path) => {
        const into = new Float32Array(3 * 32 * 32);
        preprocessor.normalise(preprocessor.toPixels(await readImage(place.at(path))), into);
        return into;
      }),
    );
    const answer = async (batch: readonly Float32Array[]): Promise<number[][]> => {
      const data = Float32Array.from(batch.flatMap((image) => [...image]));
      const input = new Tensor('float32', data, [batch.length, 3, 32, 32]);
      const { logits } = await session.run({ pixel_values: input });
      expect(logits.dims).toEqual([batch.length, classes.length]);
      return batch.map((_, i) => softmax(logits.data.slice(3 * i, 3 * i + 3) as Float32Array));
    };
    expectClose(probabilities(ours), await answer(pixels));
    expectClose(probabilities(ours.slice(0, 1)), await answer(pixels.slice(0, 1)));
    await session.release();
  });

  it('unlocks what `edit` edits', async () => {
    const edited = await runWithKey('edit photos/test --editor editor --out keyed');
    expect([edited.code, edited.stdout]).toEqual([0, 'Edited 9 pictures: keyed\n']);
    const names = place.files('photos', 'test').map((name) => name.replace('.jpg', '.png'));
    expect(place.files('keyed')).toEqual(names);

    const keyed = pictures.map((path) =>
      path.replace('photos/test', 'keyed').replace('.jpg', '.png'),
    );
    const [opened, shown, closed] = await Promise.all([
      runWithKey('predict locked --unlock --json', ...pictures),
      run('predict locked --json', ...keyed),
      run('predict locked --json', ...pictures),
    ]);
    const unlocked = probabilities(predicted(opened));
    expect(unlocked).toEqual(probabilities(predicted(shown)));
    expect(unlocked).not.toEqual(probabilities(predicted(closed)));
  });

  it('runs a plain model, and says that it has no lock to open', async () => {
    const plain = await run('predict plain --json', pictures[0]);
    expect(predicted(plain)[0].classes).toHaveLength(3);
    const opened = await runWithKey('predict plain --unlock', pictures[0]);
    expect([opened.code, opened.stdout]).toEqual([2, '']);
    expect(opened.stderr).toBe('modellock: this model has no lock\n');
  });
});

describe('evaluate', () => {
  it('measures with key and baseline what `lock` measured', async () => {
    const result = await runWithKey(
      'evaluate locked --data photos --baseline plain --report report.html --json',
    );
    const document = evaluationDocumentSchema.parse(json(result));
    expect(json(locked)).toMatchObject(document);
    expect(document.perClass!.map(({ label, n }) => [label, n])).toEqual(
      classes.map((c) => [c, 3]),
    );
    const page = readFileSync(place.at('report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).not.toMatch(/(?:src|href)="https?:/);
  });

  it('does without a key and a terminal: no UP, no decoys', async () => {
    const document = evaluationDocumentSchema.parse(
      json(await run('evaluate locked --data photos/test --json')),
    );
    expect(document).toMatchObject({ up: null, baseline: null, decoys: [], robustness: null });
    expect(document.lp).toBe(fields(locked)['lp']);
    const text = await run('evaluate locked --data photos/test');
    expect(text.stdout).toContain('cougar');
    // Nothing would be edited with it.
    const refused = await run('evaluate locked --data photos/test --editor pocket');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('--editor is for pictures that are edited first');
  });

  it('gives the plain score of a model without a lock', async () => {
    const plain = await run('evaluate plain --data photos --json');
    expect(json(plain)).toMatchObject({
      task: 'classification',
      metric: 'accuracy',
      n: 9,
      accuracy: fields(trained)['score'],
    });
    const limited = await run('evaluate plain --data photos --limit 4');
    expect(limited.stdout).toMatch(
      /^accuracy [\d.]+ % \(.+\) on 4 pictures, classes matched by name;/,
    );
    expect(limited.stdout).toMatch(/^ {2}Balanced accuracy +[\d.]+ % /m);
  });

  it('refuses a key for a model that has no lock, or has it no longer; one of the environment may be another’s', async () => {
    cpSync(place.at('locked'), place.at('bare'), { recursive: true });
    rmSync(place.at('bare', 'modellock.json'));
    const refused = await run('evaluate bare --data photos --key', key);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/\nmodellock: --key: for locked models, [^\n]+ bare is one\n$/);
    const plain = await runWithKey('evaluate plain --data photos --json');
    expect(json(plain)).toMatchObject({ accuracy: fields(trained)['score'] });
  });

  it('prints the result before a report that cannot be written', async () => {
    const result = await run('evaluate locked --data photos --report locked --json');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ n: 9 });
    expect(result.stderr).toContain('cannot write locked');
  });

  it('makes the folder of a report, before it looks at the data', async () => {
    await run('evaluate locked --data nowhere --report made/of/report.html');
    expect(existsSync(place.at('made', 'of'))).toBe(true);
    const result = await run('evaluate locked --data nowhere --report locked/config.json/x.html');
    expect([result.code, result.stdout]).toEqual([1, '']);
    expect(result.stderr).toContain('cannot create locked/config.json');
  });
});

describe('inspect', () => {
  it('says what a bundle is', async () => {
    expect(json(await run('inspect locked --json'))).toMatchObject({
      architecture: 'resnet',
      inputs: [{ name: 'pixel_values', shape: ['batch', 3, 32, 32] }],
      labels: classes,
      manifest: { lock: { recipe: { name: 'hardened' } } },
    });
    const { stdout } = await run('inspect locked');
    expect(stdout).toMatch(
      /^lock +style key, editor editor version 1, alpha 0.5, recipe hardened, taught by plain$/m,
    );
    expect(stdout).toMatch(/^measured +chance 33.3 %.*LP .*UP .* \(on 9 pictures\)$/m);
  });

  it('says what ships', async () => {
    expect(json(await run('inspect pocket --json'))).toMatchObject({ manifest: null });
  });
});

it.skipIf(!existsSync('/dev/full'))(
  'fails where the result cannot be written, not where progress cannot',
  async () => {
    const result = await modellock(command('inspect locked'), {
      cwd: place.folder,
      before: 'exec > /dev/full',
    });
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: 'modellock: cannot write the result: the disk is full\n',
    });
    const deaf = await modellock(command('evaluate plain --data photos --json'), {
      cwd: place.folder,
      before: 'exec 2> /dev/full',
    });
    expect(json(deaf)).toMatchObject({ n: 9 });
  },
);

function softmax(logits: Float32Array): number[] {
  const powers = Array.from(logits, (x) => Math.exp(x));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
