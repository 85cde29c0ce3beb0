import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../base/job.ts';
import { encodeImage } from '../platform/images.ts';
import { classification } from '../tasks/classification.ts';
import { openDataSets, type DataOptions, type DataSets } from './data-sets.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'data-sets-test-'));
});
afterEach(() => rm(data, { recursive: true }));

/** Pictures by name. */
async function draw(...names: string[]): Promise<void> {
  const bytes = await encodeImage({ width: 2, height: 2, data: new Uint8Array(12) });
  for (const name of names) {
    await mkdir(join(data, dirname(name)), { recursive: true });
    await writeFile(join(data, name), bytes);
  }
}

const open = (more: Partial<DataOptions> = {}): Promise<DataSets<number>> =>
  openDataSets(classification, { data, seed: 1, ...more }, {});
const paths = (set: DataSets<number>['test']): string[] | undefined =>
  set?.samples.map(({ path }) => relative(data, path));

describe('openDataSets', () => {
  it('takes a folder of classes as it is', async () => {
    await draw('cat/1.png', 'dog/1.png');
    const { train, test, skipped } = await open();
    expect(paths(train)).toEqual(['cat/1.png', 'dog/1.png']);
    expect([test, skipped]).toEqual([undefined, []]);
  });

  it('takes the two folders of a split one, with one numbering of classes', async () => {
    await draw('train/cat/1.png', 'train/dog/1.png', 'train/owl/1.png', 'val/owl/2.png');
    const { train, test } = await open();
    expect(train.classes).toEqual(['cat', 'dog', 'owl']);
    expect(paths(test)).toEqual(['val/owl/2.png']);
    expect(await test!.samples[0].label()).toBe(2);
  });

  it('refuses a limit below the number of classes', async () => {
    await draw('cat/1.png', 'cat/2.png', 'dog/1.png', 'owl/1.png');
    await expect(open({ limit: 2 })).rejects.toMatchObject({
      code: 'usage',
      message: 'a limit of 2 pictures for 3 classes (valid: 3 or more)',
    });
  });

  it('refuses a class of which no picture can be read, and a test set of such', async () => {
    await draw('train/cat/1.png', 'train/dog/1.png', 'test/cat/1.png');
    await writeFile(join(data, 'test', 'cat', '1.png'), '');
    await expect(open({ skipBad: true })).rejects.toThrow(
      `the test pictures in ${data} can be read`,
    );
    await writeFile(join(data, 'train', 'dog', '1.png'), '');
    await expect(open({ skipBad: true })).rejects.toThrow(
      `no picture of class "dog" in ${data} can be read`,
    );
  });

  it('limits what is trained on, not what is tested on', async () => {
    const names = Array.from({ length: 6 }, (_, i) => [`cat/${i}.png`, `dog/${i}.png`]).flat();
    await draw(...names.flatMap((name) => [`train/${name}`, `test/${name}`]));
    const { train, test } = await open({ limit: 4 });
    expect(train.samples.map(({ stratum }) => stratum)).toEqual([0, 0, 1, 1]);
    expect(test!.samples).toHaveLength(12);
  });

  it('stops at a picture that cannot be read, or leaves it out and says so', async () => {
    await draw('cat/1.png', 'dog/1.png');
    const bad = join(data, 'cat', 'bad.jpg');
    await writeFile(bad, 'no picture');
    await expect(open()).rejects.toThrow(bad);
    await expect(open()).rejects.toThrow('--skip-bad leaves such files out');
    const { train, skipped } = await open({ skipBad: true });
    expect(paths(train)).toEqual(['cat/1.png', 'dog/1.png']);
    expect(skipped).toEqual([bad]);
  });

  it('refuses one class, strange classes, and pictures of which none can be read', async () => {
    await draw('cat/1.png');
    await expect(open()).rejects.toThrow('one class only, "cat"');
    await draw('dog/1.png');
    const other = await mkdtemp(join(data, '.other-'));
    await mkdir(join(other, 'fox'));
    await writeFile(join(other, 'fox', '1.png'), '');
    await expect(open({ test: other })).rejects.toThrow('the model has no class "fox"');
    await writeFile(join(data, 'cat', '1.png'), '');
    await writeFile(join(data, 'dog', '1.png'), '');
    await expect(open({ skipBad: true })).rejects.toThrow('none of the pictures can be read');
  });

  it('reports how far it is', async () => {
    await draw('cat/1.png', 'dog/1.png');
    const events: ProgressEvent[] = [];
    await openDataSets(
      classification,
      { data, seed: 1 },
      { onProgress: (event) => events.push(event) },
    );
    expect(events.at(-1)).toEqual({ stage: 'read', done: 2, total: 2, unit: 'images' });
  });
});
