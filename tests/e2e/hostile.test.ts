import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { writeTinyEditor } from '../support/tiny-models.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Bundles that somebody else has made, to harm whoever opens them. */

const key = 'with oil pastel';
const picture = 'photos/test/lobster/000.jpg';

let place: Workplace;
/** Milliseconds until a model that is not there is refused. */
let honest: number;
beforeAll(async () => {
  place = makeWorkplace({ train: 2, test: 1 });
  honest = await timeOf(() => expectRefusal(run(`predict none ${picture}`), 1, 'none does not'));
  const { code, stderr } = await run(`lock --data photos/train --out honest ${tiny.join(' ')}`);
  expect(code, stderr).toBe(0);
});
afterAll(() => place.remove());
beforeEach(() => {
  rmSync(place.at('bundle'), { recursive: true, force: true });
  cpSync(place.at('honest'), place.at('bundle'), { recursive: true });
});

const run = (words: string): Promise<Finished> =>
  modellock(command(words), { cwd: place.folder, key });
const unlock = (more = ''): Promise<Finished> => run(`predict bundle ${picture} --unlock${more}`);

async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function expectRefusal(
  running: Promise<Finished>,
  code: number,
  message: string | RegExp,
): Promise<void> {
  const result = await running;
  expect([result.code, result.stdout], result.stderr).toEqual([code, '']);
  expect(result.stderr).toMatch(/^modellock: [^\n]+\n$/);
  expect(result.stderr).toMatch(message);
}

type Json = Record<string, unknown>;

/** Changes a JSON file of the bundle. */
function changed(name: string, change: (json: Json) => void): void {
  const path = place.at('bundle', name);
  const json = JSON.parse(readFileSync(path, 'utf8')) as Json;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** Changes what the manifest says of its lock. */
const relocked = (change: (lock: { editor: Json; edit: Json }) => void): void =>
  changed('modellock.json', (json) => change(json['lock'] as { editor: Json; edit: Json }));

it('an editor that is not the one the manifest was made with is refused, wherever it lies', async () => {
  writeTinyEditor(place.at('other'), 5);
  const another =
    /the model was locked with editor editor version 1 \([0-9a-f]{8}\), and other version 5 \([0-9a-f]{8}\) is another one; give the right one with --editor/;
  await expectRefusal(unlock(' --editor other'), 2, another);
  for (const reference of [
    'other',
    'editor/../other',
    `../${place.folder.split('/').at(-1)!}/other`,
  ]) {
    relocked(({ editor }) => (editor['reference'] = reference));
    await expectRefusal(unlock(), 2, another);
    const found = await unlock(' --editor editor');
    expect(found.code, found.stderr).toBe(0);
  }
});

it('an editor with the same settings and other weights is another one', async () => {
  cpSync(place.at('editor'), place.at('near'), { recursive: true });
  const path = place.at('near', 'unet', 'diffusion_pytorch_model.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
  await expectRefusal(unlock(' --editor near'), 2, /is another one/);
});

it('an editor that is not there: its place is asked for', async () => {
  relocked(({ editor }) => (editor['reference'] = '/home/somebody/editor'));
  await expectRefusal(
    unlock(),
    1,
    /^modellock: the editor \/home\/somebody\/editor does not exist \(valid: .*\); --editor says where the editor is\n$/,
  );
});

it('a bundle is found along a path with dots', async () => {
  const result = await run(`predict honest/../bundle/./ ${picture}`);
  expect(result.code, result.stderr).toBe(0);
});

it('a header that claims 2^60 bytes allocates nothing', async () => {
  const path = place.at('bundle', 'model.safetensors');
  const bytes = readFileSync(path);
  bytes.writeBigUInt64LE(2n ** 60n, 0);
  writeFileSync(path, bytes);
  await expectRefusal(
    run(`predict bundle ${picture}`),
    1,
    'bundle/model.safetensors is no valid safetensors file: its header claims 1152921504606846976 bytes',
  );
});

it('a tensor that claims 2^50 numbers, or lies outside of the file, allocates nothing', async () => {
  const path = place.at('bundle', 'model.safetensors');
  const rewrite = (entry: unknown): void => {
    const text = Buffer.from(JSON.stringify({ 'classifier.1.bias': entry }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([length, text]));
  };
  for (const entry of [
    { dtype: 'F32', shape: [2 ** 50], data_offsets: [0, 2 ** 52] },
    { dtype: 'F32', shape: [2 ** 26, 2 ** 26], data_offsets: [0, 0] },
    { dtype: 'F32', shape: [1], data_offsets: [-4, 0] },
    { dtype: 'F64', shape: [3], data_offsets: [8, 32] },
    { dtype: 'F32', shape: 'all', data_offsets: [0, 0] },
    null,
  ]) {
    rewrite(entry);
    await expectRefusal(run('inspect bundle'), 1, /bundle\/model\.safetensors/);
  }
});

it.each<[string, string, (json: Json) => void]>([
  ['a thousand million layers', 'config.json', (json) => (json['depths'] = [1e9, 1])],
  [
    'a thousand million classes',
    'config.json',
    (json) => {
      delete json['id2label'];
      json['num_labels'] = 1e9;
    },
  ],
  ['channels for a whole memory', 'config.json', (json) => (json['hidden_sizes'] = [1e9, 1e9])],
  [
    'pictures of 10^12 pixels',
    'preprocessor_config.json',
    (json) => (json['size'] = { height: 1e6, width: 1e6 }),
  ],
  ['pictures of one channel', 'config.json', (json) => (json['num_channels'] = 1)],
  [
    'a million steps of the editor',
    'modellock.json',
    (json) => {
      ((json['lock'] as Json)['edit'] as Json)['steps'] = 1e6;
    },
  ],
  ['no manifest but a list', 'modellock.json', (json) => (json['format'] = ['modellock'])],
])('%s are refused in a moment', async (_, file, change) => {
  changed(file, change);
  const taken = await timeOf(() =>
    expectRefusal(unlock(), 1, new RegExp(`bundle/(?:${file}|model.safetensors)`)),
  );
  // Most of either is the start of Node, and a machine may be busy with other things meanwhile.
  expect(taken).toBeLessThan(5 * honest + 3000);
});

it('escape sequences in names of classes do not reach the terminal', async () => {
  changed('config.json', (json) => (json['id2label'] = { 0: '\u001b[2J', 1: 'a\r\nb', 2: 'c' }));
  for (const words of ['inspect bundle', `predict bundle ${picture}`]) {
    const { code, stdout, stderr } = await run(words);
    expect(code, stderr).toBe(0);
    // oxlint-disable-next-line no-control-regex -- it is control characters that must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  }
});

it('a link in the place of the weights to something endless is no way to fill the memory', async () => {
  rmSync(place.at('bundle', 'config.json'));
  symlinkSync('/dev/zero', place.at('bundle', 'config.json'));
  await expectRefusal(run('inspect bundle'), 1, 'bundle/config.json');
});
