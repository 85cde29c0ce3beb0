import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counterRandom } from '../../src/base/random/counter.ts';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import {
  command,
  killModellock,
  modellock,
  startModellock,
  type Finished,
} from '../support/command-line.ts';
import { repositoryOf, startHub } from '../support/hub-server.ts';
import { makeWorkplace, type Workplace } from '../support/workplace.ts';

/** Text classifiers on the command line, with a tiny BERT that transformers wrote. */

const fixtures = join(import.meta.dirname, '../../src/nn/models/fixtures');
let place: Workplace;
let trained: Finished;

const run = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder });
const train = 'train --task text-classification --model bert --data';
const quick = '--learning-rate 0.01 --epochs 8';

function json({ code, stdout, stderr }: Finished): unknown {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const words = { good: ['good', 'great', 'lovely'], bad: ['bad', 'awful', 'dull'] } as const;
const fillers = ['the film', 'the actor', 'a story', 'is', 'was', 'and', 'the end'];

/** A table of praise and blame; every fifth line is to be tested with. */
function reviews(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const random = counterRandom(5, i);
    const pick = (of: readonly string[]): string => of[random.integer(of.length)];
    const label = random.integer(2) === 0 ? 'good' : 'bad';
    return `"${pick(fillers)} ${pick(fillers)} ${pick(words[label])}, ${pick(fillers)}",${label},${i % 5 === 0 ? 'test' : 'train'}`;
  });
  return `review,label,split\n${lines.join('\n')}\n`;
}

const write = (name: string, content: string): void => writeFileSync(place.at(name), content);

beforeAll(async () => {
  place = makeWorkplace({ train: 1, test: 1 });
  for (const name of ['bert', 'distilbert']) {
    cpSync(join(fixtures, name), place.at(name), { recursive: true });
  }
  write('reviews.csv', reviews(300));
  trained = await run(`${train} reviews.csv --out trained --json ${quick}`);
});
afterAll(() => place.remove());

describe('train', () => {
  it('learns, and says that the model gets a new last layer', () => {
    expect(json(trained)).toMatchObject({
      bundle: 'trained',
      texts: 240,
      skipped: [],
      metric: 'accuracy',
    });
    expect((json(trained) as { score: number }).score).toBeGreaterThan(0.95);
    expect(trained.stderr).toContain(
      'modellock: the model gets a new last layer for 2 classes, in place of that for LABEL_0, LABEL_1, LABEL_2\n',
    );
  });

  it('makes a folder of transformers', () => {
    expect(place.files('trained')).toEqual([
      'config.json',
      'model.safetensors',
      'modellock.json',
      'onnx/model.onnx',
      'tokenizer.json',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
    const config: unknown = JSON.parse(readFileSync(place.at('trained', 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      architectures: ['BertForSequenceClassification'],
      model_type: 'bert',
      id2label: { '0': 'bad', '1': 'good' },
    });
  });

  it('goes on with a model of the same classes, whatever their order, and keeps its last layer', async () => {
    write('few.csv', 'text,label\nthe film was good,good\nthe film was bad,bad\n');
    const result = await run(
      'train --task text-classification --model trained --data few.csv --out more --freeze all-but-head',
    );
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain(
      'the classes are those of the model, which keeps its last layer',
    );
    const weightsOf = (folder: string) =>
      decodeSafetensors(readFileSync(place.at(folder, 'model.safetensors')), folder).tensors;
    const [before, after] = [weightsOf('trained'), weightsOf('more')];
    expect(after.get('bert.pooler.dense.weight')).toEqual(before.get('bert.pooler.dense.weight'));
    expect(after.get('classifier.weight')).not.toEqual(before.get('classifier.weight'));
  });

  it('takes a DistilBERT, other columns, a share to test with, and says what it cuts', async () => {
    const lines = reviews(60).split('\n').slice(1, -1);
    const cells = lines.map((line) => /^"(.*)",(\w+),\w+$/.exec(line)!.slice(1).join('\t'));
    write('other.tsv', `body\tstars\n${cells.join('\n')}\n`);
    const result = await run(
      'train --task text-classification --model distilbert --data other.tsv --columns text=body,label=stars --test-share 0.25 --max-tokens 6 --out distilled --epochs 1',
    );
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/^Trained on 45 texts, accuracy .* on the test set: distilled\n/);
    expect(result.stderr).toMatch(
      /of the 45 training texts are longer than 6 tokens, and cut there/,
    );
    const score = await run(
      'evaluate distilled --data other.tsv --columns text=body,label=stars --test-share 0.25 --json',
    );
    expect(json(score)).toMatchObject({ n: 15 });
  });

  it('warns of texts that are learnt from and tested with', async () => {
    write('twice.csv', 'text,label,split\ngood,a,train\nbad,b,train\ngood,a,test\n');
    const { stderr } = await run(`${train} twice.csv --out twice --epochs 1`);
    expect(stderr).toContain('1 of the 1 test texts are training texts as well');
  });

  it('killed at random, ends with the same bytes', async () => {
    const job = (out: string): string[] =>
      command(`${train} reviews.csv --checkpoint-seconds 0 --out`, out, ...command(quick));
    const options = { cwd: place.folder };
    const after = /^train: /m;
    const whole = startModellock(job('whole'), options);
    await whole.heard(after);
    const start = performance.now();
    const { code, stderr } = await whole.finished;
    expect(code, stderr).toBe(0);
    const duration = performance.now() - start;
    const random = counterRandom(7);
    const delay = (): number => random.uniform() * duration;
    await killModellock(job('killed'), { ...options, out: 'killed', after, delay });
    const other = await modellock([...job('killed'), '--seed', '1'], options);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('holds an unfinished job with other options'),
    ]);
    const again = await modellock(job('killed'), options);
    expect(again.code, again.stderr).toBe(0);
    expect(place.hashes('killed')).toEqual(place.hashes('whole'));
    expect(place.hashes('killed')).toEqual(place.hashes('trained'));
    expect(place.files().filter((name) => name.startsWith('killed.'))).toEqual([]);
    for (const out of ['whole', 'killed']) rmSync(place.at(out), { recursive: true });
  });
});

describe('predict', () => {
  it('says what it reads', async () => {
    const { code, stdout, stderr } = await run(
      'predict trained',
      '--text',
      'the film was good',
      '--text',
      `the film was awful ${'and dull '.repeat(20)}`,
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('modellock: 1 of the 2 texts is longer than 24 tokens, and cut there\n');
    expect(stdout).toMatch(
      /^the film was good: good .* %, bad .* %\nthe film was awful .*\.\.\.: bad /,
    );
  });

  it('reads a file with a text a line, as JSON', async () => {
    write('lines.txt', '\uFEFFthe film was lovely\r\n\r\nthe actor was dull, the end\n');
    const predictions = json(await run('predict trained --texts lines.txt --json --top 1'));
    expect(predictions).toEqual([
      {
        text: 'the film was lovely',
        classes: [{ label: 'good', probability: expect.any(Number) as number }],
      },
      {
        text: 'the actor was dull, the end',
        classes: [{ label: 'bad', probability: expect.any(Number) as number }],
      },
    ]);
  });
});

describe('evaluate', () => {
  it('scores the test side with all measures', async () => {
    const score = json(await run('evaluate trained --data reviews.csv --json'));
    expect(score).toMatchObject({
      task: 'text-classification',
      metric: 'accuracy',
      n: 60,
      score: (json(trained) as { score: number }).score,
      matched: 'name',
      positive: 'good',
    });
    const { stdout } = await run('evaluate trained --data reviews.csv');
    expect(stdout).toMatch(/^accuracy .* on 60 texts, classes matched by name; chance is /);
  });

  it('leaves lines without a text out, and lists them', async () => {
    write('blank.csv', 'text,label\ngood,good\n ,bad\n');
    const { code, stderr } = await run('evaluate trained --data blank.csv --skip-bad');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        '1 of the lines have no text and are left out:\n  blank.csv, line 3\n',
      ),
    ]);
  });
});

it('inspect says what it is', async () => {
  const { code, stdout, stderr } = await run('inspect trained');
  expect(code, stderr).toBe(0);
  for (const line of [
    /^architecture +bert$/m,
    /^input +attention_mask: int64 \[batch, sequence\]$/m,
    /^texts +word pieces, 96 known, up to 24 tokens$/m,
    /^classes +2: bad, good$/m,
    /^can +predict, evaluate, train, export$/m,
    /^cannot +lock: locking texts is not there yet$/m,
    /^measured +.* \(on 60 texts\)$/m,
  ]) {
    expect(stdout).toMatch(line);
  }
});

it('comes from the hub', async () => {
  const hub = await startHub({ 'someone/tiny-bert': repositoryOf(place.at('trained')) });
  try {
    const env = {
      HF_ENDPOINT: hub.endpoint,
      HF_HOME: place.at('hf'),
      HF_HUB_CACHE: '',
      HF_HUB_OFFLINE: '',
    };
    const args = command('predict hf:someone/tiny-bert --top 1 --text', 'the film was good');
    const { code, stdout, stderr } = await modellock(args, { cwd: place.folder, env });
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^the film was good: good /);
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    expect(await modellock(args, { cwd: place.folder, env: offline })).toMatchObject({ stdout });
  } finally {
    await hub.close();
  }
});

describe('wrong use', () => {
  const isTexts =
    'is a classifier of texts, not of pictures; locking texts is not there yet (valid: train --task text-classification, predict --text, evaluate, inspect)';
  const isNone =
    'is no classifier of texts (valid: a folder of transformers with a BERT or DistilBERT and its tokenizer, hf:owner/name of such a one)';

  it.each<[string, string]>([
    [
      'lock --task text-classification --data reviews.csv --model trained --out x',
      "option '--task <task>' argument 'text-classification' is invalid. Allowed choices are classification, multi-label, segmentation.",
    ],
    ['train --data photos --model trained --out x', `trained ${isTexts}`],
    ['predict trained photos.jpg', `trained ${isTexts}`],
    ['train --task text-classification --data reviews.csv --out x', `pocket ${isNone}`],
    ['predict model --text good', `model ${isNone}`],
    ['predict trained', 'there is nothing to look at (valid: picture files, --text, --texts)'],
    ['predict trained a.jpg --text good', 'texts and the picture a.jpg go to different models'],
    ['predict trained --text good --unlock', '--unlock is for pictures, not for texts'],
    [
      'evaluate trained --data reviews.csv --mean 0 --std 1',
      'trained is a classifier of texts, and option "normalisation" is for those of pictures',
    ],
    [
      'train --data photos --model model --out x --max-tokens 9',
      '--max-tokens is for --task text-classification',
    ],
    [
      `${train} reviews.csv --out x --max-tokens 25`,
      'texts of up to 25 tokens (valid: 3 to 24, which the model takes)',
    ],
    [`${train} reviews.csv --out x --palette p`, '--palette is for pictures, not for texts'],
    [
      `${train} reviews.csv --out x --limit 2 --positive best`,
      'there is no class "best" (valid: bad, good)',
    ],
  ])('%s', async (words_, message) => {
    const { code, stdout, stderr } = await run(words_);
    expect([code, stdout, stderr]).toEqual([2, '', `modellock: ${message}\n`]);
  });

  it('an empty text', async () => {
    const { code, stderr } = await run('predict trained', '--text', 'good', '--text', ' ');
    expect([code, stderr]).toEqual([2, 'modellock: text 2 of 2 is empty\n']);
  });

  it('a table with a line without a label', async () => {
    write('unlabelled.csv', 'text,label\ngood,\n');
    const { code, stderr } = await run(`${train} unlabelled.csv --out x`);
    expect([code, stderr]).toEqual([1, 'modellock: unlabelled.csv, line 2: there is no label\n']);
  });

  it('a table of one class, or without a class to train on', async () => {
    write('one.csv', 'text,label\ngood,a\nbad,a\n');
    expect((await run(`${train} one.csv --out x`)).stderr).toBe(
      'modellock: one.csv has one class only, "a"; at least two are needed\n',
    );
    write('untrained.csv', 'text,label,split\ngood,a,train\nbad,b,test\n');
    expect((await run(`${train} untrained.csv --out x`)).stderr).toBe(
      'modellock: no text of class "b" in untrained.csv is to be trained on\n',
    );
    expect(place.files().filter((name) => name.startsWith('x.'))).toEqual([]);
  });
});
