import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeJson } from '../../src/platform/files.ts';
import { idOf, type TrainJob } from './job.ts';
import { Runner } from './runner.ts';

const job: TrainJob = {
  kind: 'train',
  name: 'flowers baseline seed 0',
  subset: 'flowers',
  model: { reference: 'pocket', hash: 'a' },
  tuning: {
    epochs: 1,
    batch: 2,
    learningRate: 1e-3,
    headFactor: 1,
    weightDecay: 0,
    labelSmoothing: 0,
    warmup: 0,
    shift: 0,
  },
  fromScratch: false,
  seed: 0,
  version: '0.0.0',
};
const result = {
  job,
  run: { accuracy: 0.5, images: 8, seconds: null, peakMemory: null },
  machine: 'abacus',
  commit: null,
};

let known: string;
beforeEach(async () => {
  known = await mkdtemp(join(tmpdir(), 'known-'));
});
afterEach(() => rm(known, { recursive: true }));

it('runs nothing that has a known result', async () => {
  await writeJson(join(known, `${idOf(job)}.json`), result);
  const runner = new Runner(join(known, 'out'), { known });
  expect(await runner.run(job, {})).toEqual(result);
  expect(await runner.resultOf({ ...job, seed: 1 })).toBeUndefined();
  expect(await new Runner(join(known, 'out')).resultOf(job)).toBeUndefined();
});
