import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { counterRandom } from '../../src/base/random/counter.ts';
import {
  command,
  hasFileLimits,
  killModellock,
  modellock,
  startModellock,
  type Finished,
  type RunOptions,
} from '../support/command-line.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Jobs that are killed, interrupted, started twice or run out of disk. */

const key = 'with oil pastel';
/** How often the lock is killed; `MODELLOCK_KILLS=20` for a longer search. */
const kills = Number(process.env['MODELLOCK_KILLS'] ?? 4);

let place: Workplace;
/** Of an uninterrupted lock. */
let expected: Record<string, string>;
/** How long that took, in milliseconds. */
let duration: number;

/** Many small steps with a checkpoint after each, so that a kill can fall between any two things. */
const lock = (out: string): string[] => [
  ...command('lock --data photos --baseline plain --out', out, ...tiny),
  ...command('--epochs 4 --batch 8 --checkpoint-seconds 0'),
];
const options = (): RunOptions => ({ cwd: place.folder, key });
const run = (args: readonly string[], more: RunOptions = {}): Promise<Finished> =>
  modellock(args, { ...options(), ...more });

/** Kills a job on `out` when it has begun with something. */
const kill = (args: readonly string[], out: string, after: RegExp): Promise<void> =>
  killModellock(args, { cwd: place.folder, key, out, after });

async function finish(out: string): Promise<void> {
  const result = await run(lock(out));
  expect(result.code, result.stderr).toBe(0);
  expect(place.hashes(out)).toEqual(expected);
  expect(leftovers(out)).toEqual([]);
}

/** What lies beside an output and is not the output. */
const leftovers = (out: string): string[] =>
  place.files().filter((name) => name.startsWith(`${out}.`));

/** Edited pictures of an unfinished job, each with the file that holds it. */
function edits(out: string): Map<string, number> {
  try {
    const names = place.files(`${out}.work`, 'edits').filter((name) => !name.endsWith('.part'));
    return new Map(
      names.map((name) => [name, statSync(place.at(`${out}.work`, 'edits', name)).ino]),
    );
  } catch {
    return new Map();
  }
}

beforeAll(async () => {
  place = makeWorkplace();
  await run(command('train --data photos --model model --out plain --epochs 1'));
  const start = performance.now();
  const result = await run(lock('whole'));
  duration = performance.now() - start;
  expect(result.code, result.stderr).toBe(0);
  expected = place.hashes('whole');
});
afterAll(() => place.remove());

test(`a lock killed ${kills} times at random ends with the same bytes, and edits nothing twice`, async () => {
  const random = counterRandom(7);
  const isDone = (out: string): boolean =>
    place.files().includes(`${out}/modellock.json`) && leftovers(out).length === 0;
  let killed = 0;
  for (let job = 0; killed < kills; job++) {
    const out = `killed-${job}`;
    let known = new Map<string, number>();
    while (killed < kills && !isDone(out)) {
      const { child, finished } = startModellock(lock(out), options());
      const timer = setTimeout(() => child.kill('SIGKILL'), random.uniform() * duration);
      const { code, stderr } = await finished;
      clearTimeout(timer);
      if (code === null) killed += 1;
      else expect(code, stderr).toBe(0);
      const now = edits(out);
      // They go with all the work, and not before the job has its result.
      const isPublished = place.files().includes(`${out}/modellock.json`);
      for (const [name, inode] of known) {
        expect(isPublished ? (now.get(name) ?? inode) : now.get(name), name).toBe(inode);
      }
      known = now;
    }
    if (isDone(out)) expect(place.hashes(out)).toEqual(expected);
    else await finish(out);
    rmSync(place.at(out), { recursive: true });
  }
}, 1_800_000);

test.each([
  ['a part of the edits', /^edit: /m],
  ['a part of the training', /^train: /m],
  ['a part of the evaluation', /^evaluate: /m],
])('a lock killed after %s goes on', async (name, stage) => {
  const out = name.replaceAll(' ', '-');
  await kill(lock(out), out, stage);
  await finish(out);
});

describe('Ctrl-C', () => {
  it('ends with code 130 at the next step, and the job goes on later', async () => {
    const { child, finished, heard } = startModellock(lock('stopped'), options());
    await heard(/^edit: /m);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(/^modellock: stopping after this step; Ctrl-C again stops at once$/m);
    expect(stderr).toMatch(/\nmodellock: interrupted; run the same command again to go on\n$/);
    await finish('stopped');
  });

  it('of an evaluation, which begins anew, says nothing of going on', async () => {
    const evaluate = command('evaluate whole --data photos --editor editor');
    const { child, finished, heard } = startModellock(evaluate, options());
    await heard(/^evaluate: /m);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/\nmodellock: interrupted\n$/);
  });

  it('a second time ends at once', async () => {
    const { child, finished, heard } = startModellock(lock('stopped-twice'), options());
    await heard(/^edit: /m);
    child.kill('SIGINT');
    await heard(/Ctrl-C again/);
    child.kill('SIGINT');
    const { code } = await finished;
    expect([null, 130]).toContain(code);
    await finish('stopped-twice');
  });
});

test('a second process on the same folder is refused, and the first one goes on', async () => {
  const first = startModellock(lock('shared'), options());
  await first.heard(/^read: /m);
  first.child.kill('SIGSTOP');
  const second = await run(lock('shared'));
  const edit = await run(['edit', 'photos/test', '--editor', 'editor', '--out', 'shared']);
  first.child.kill('SIGCONT');
  for (const result of [second, edit]) {
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: 'modellock: another process is at work on shared.work; wait for it to end\n',
    });
  }
  expect((await first.finished).code).toBe(0);
  expect(place.hashes('shared')).toEqual(expected);
  expect(leftovers('shared')).toEqual([]);
});

test('an output that is there is left as it is', async () => {
  expect(await run(lock('whole'))).toEqual({
    code: 2,
    stdout: '',
    stderr: 'modellock: whole is there already; choose another --out or remove it\n',
  });
  expect(place.hashes('whole')).toEqual(expected);
});

describe('train and edit', () => {
  const train = (out: string): string[] => [
    ...command('train --data photos --model model --out', out),
    ...command('--epochs 8 --batch 4 --checkpoint-seconds 0'),
  ];
  const edit = (out: string): string[] => ['edit', 'photos', '--editor', 'editor', '--out', out];

  it.each([
    ['train', train, /^train: /m],
    ['edit', edit, /^read: /m],
  ] as const)('%s goes on where it was killed, with the same bytes', async (name, job, stage) => {
    const whole = await run(job(`whole-${name}`));
    expect(whole.code, whole.stderr).toBe(0);
    await kill(job(`killed-${name}`), `killed-${name}`, stage);
    const resumed = await run(job(`killed-${name}`));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(place.hashes(`killed-${name}`)).toEqual(place.hashes(`whole-${name}`));
    expect(leftovers(`killed-${name}`)).toEqual([]);
  });

  it('edit of a folder that the output lies in goes on, and edits nothing that it made', async () => {
    cpSync(place.at('photos', 'test'), place.at('around'), { recursive: true });
    const inside = ['edit', 'around', '--editor', 'editor', '--out', 'around/out'];
    const edited = place.files('around').map((name) => name.replace(/\.[^.]+$/, '.png'));
    await kill(inside, 'around/out', /^read: /m);
    // As if it had been killed a little later.
    const half = place.at('around', 'out.work', 'pictures');
    cpSync(place.at('whole-edit', 'test'), half, { recursive: true });
    const resumed = await run(inside);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(place.files('around', 'out')).toEqual(edited);
  });

  it('a folder that the output of lock lies in is not told of its work', async () => {
    cpSync(place.at('photos', 'train'), place.at('classes'), { recursive: true });
    const result = await run(command('lock --data classes --out classes/locked', ...tiny));
    expect([result.code, result.stderr]).toEqual([0, expect.not.stringContaining('left out')]);
  });

  it('edit refuses to mix two keys', async () => {
    await kill(edit('mixed'), 'mixed', /^edit: /m);
    const other = await run(edit('mixed'), { key: 'another key' });
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/began with another key/);
  });
});

/** Of a full disk there are several kinds; none may leave anything half-written. */
describe('a disk that is full', () => {
  const limited = it.skipIf(!hasFileLimits);

  limited('stops the job with the name of the file; with room again it goes on', async () => {
    // 4 KiB hold an edited picture, not a checkpoint.
    const full = await run(lock('full'), { before: 'ulimit -f 4' });
    expect([full.code, full.stdout]).toEqual([1, '']);
    expect(full.stderr).toMatch(
      /\nmodellock: cannot write full\.work\/training\.safetensors: files may not become so large here\n$/,
    );
    expect(leftovers('full').filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(edits('full').size).toBeGreaterThan(0);
    await finish('full');
  });

  limited('leaves no bundle where that does not fit; with room again it makes one', async () => {
    // Of a model whose body stays, the checkpoint is small; of its bundle, the weights fit into 30 KiB and
    // the ONNX file does not.
    const job = [...lock('small'), '--freeze', 'all-but-head'];
    const full = await run(job, { before: 'ulimit -f 30' });
    expect([full.code, full.stdout]).toEqual([1, '']);
    expect(full.stderr).toMatch(
      /\nmodellock: cannot write small\.work\/bundle\/onnx\/model\.onnx: files may not become so large here\n$/,
    );
    expect(place.files('small.work', 'bundle')).toContain('model.safetensors');
    expect(place.files().filter((name) => /^small(?:\/|.*\.part$)/.test(name))).toEqual([]);
    const again = await run(job);
    expect(again.code, again.stderr).toBe(0);
    expect(place.files('small')).toEqual(place.files('whole'));
    expect(leftovers('small')).toEqual([]);
  });

  const mounted = canMount();
  it.skipIf(!mounted)('of its own, to the last byte', async () => {
    mkdirSync(place.at('disk'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place.at('disk')]);
    try {
      const full = await run(lock('disk/out'));
      expect(full.code).toBe(1);
      expect(full.stderr).toMatch(
        /\nmodellock: cannot write disk\/out\.work\/\S+: the disk is full\n$/,
      );
      expect(place.files('disk').filter((name) => /\.part$|^out\//.test(name))).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=16m', place.at('disk')]);
      await finish('disk/out');
      execFileSync('mount', ['-o', 'remount,ro', place.at('disk')]);
      expect(await run(lock('disk/other'))).toMatchObject({
        code: 1,
        stderr: 'modellock: cannot create disk/other.work: the file system is read-only\n',
      });
    } finally {
      execFileSync('umount', ['--lazy', place.at('disk')]);
    }
  });
});

describe('an output that cannot be made', () => {
  it.each([
    ['below a file', 'model/config.json/out', 'part of the path is no folder'],
    ['where folders cannot be made', '/proc/out', 'there is no such file or folder'],
  ])('%s', async (_, out, reason) => {
    for (const args of [
      lock(out),
      ['train', '--data', 'photos', '--model', 'model', '--out', out],
      ['edit', 'photos', '--editor', 'editor', '--out', out],
    ]) {
      const result = await run(args);
      expect([result.code, result.stdout]).toEqual([1, '']);
      expect(result.stderr).toBe(`modellock: cannot create ${out}.work: ${reason}\n`);
    }
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0)('in a folder that may not be written to', async () => {
    mkdirSync(place.at('closed'), { mode: 0o555 });
    expect(await run(lock('closed/out'))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'modellock: cannot create closed/out.work: permission denied\n',
    });
  });
});

test('a folder of somebody else is not taken for one of ours', async () => {
  mkdirSync(place.at('mine.work', 'thesis'), { recursive: true });
  const result = await run(lock('mine'));
  expect(result.code).toBe(2);
  expect(result.stderr).toMatch(/^modellock: mine\.work is not a work folder of this program/);
  expect(statSync(place.at('mine.work', 'thesis')).isDirectory()).toBe(true);
});

/** Whether a small disk of our own can be had: for the superuser of a machine, not of every container. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
