import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder, lockName } from './folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-lock-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that claims the folder when told to, says how that went, and lives on. */
interface Claimant {
  /** `held`, or the code of the error. */
  claim(): Promise<string>;
  kill(): Promise<void>;
}

async function claimant(): Promise<Claimant> {
  const module = JSON.stringify(new URL('folder-lock.ts', import.meta.url).href);
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `const { lockFolder } = await import(${module});
       process.stdin.once('data', () =>
         lockFolder(${JSON.stringify(folder)}).then(
           () => console.log('held'),
           ({ code }) => console.log(code),
         ),
       );
       console.log('ready');`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  return {
    claim: async () => {
      child.stdin.write('claim');
      const [answer] = (await once(child.stdout, 'data')) as [Buffer];
      return answer.toString().trim();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a second holder is told that the folder is busy, whatever name it uses', async () => {
  const lock = await lockFolder(folder);
  const alias = `${folder}-alias`;
  await symlink(folder, alias);
  try {
    for (const name of [folder, `${folder}/.`, alias]) {
      await expect(lockFolder(name)).rejects.toMatchObject({ code: 'busy' });
    }
    await expect(lockFolder(folder)).rejects.toThrow(`another process is at work on ${folder}`);
  } finally {
    await rm(alias);
    await lock.release();
  }
  await (await lockFolder(folder)).release();
});

test('of several claims at once one succeeds', async () => {
  const claims = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  const held = claims.filter((claim) => claim.status === 'fulfilled');
  await Promise.all(held.map(({ value }) => value.release()));
  expect(held).toHaveLength(1);
});

test('other folders stay free', async () => {
  const lock = await lockFolder(folder);
  const inner = join(folder, 'inner');
  await mkdir(inner);
  await (await lockFolder(inner)).release();
  await lock.release();
});

test('a holder that was killed leaves the folder free', async () => {
  const other = await claimant();
  try {
    expect(await other.claim()).toBe('held');
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'busy' });
  } finally {
    await other.kill();
  }
  await (await lockFolder(folder)).release();
});

test(
  'of several processes that follow a killed holder one succeeds',
  { timeout: 60_000 },
  async () => {
    const [holder, ...heirs] = await Promise.all(Array.from({ length: 6 }, () => claimant()));
    expect(await holder.claim()).toBe('held');
    await holder.kill();
    const answers = await Promise.all(heirs.map((heir) => heir.claim()));
    await Promise.all(heirs.map((heir) => heir.kill()));
    expect(answers.sort()).toEqual(['busy', 'busy', 'busy', 'busy', 'held']);
  },
);

test('a folder that is not there is named', async () => {
  await expect(lockFolder(join(folder, 'none'))).rejects.toMatchObject({
    code: 'not-found',
    message: `cannot lock ${join(folder, 'none')}: there is no such file or folder`,
  });
});

test.runIf(process.platform === 'linux')(
  'a holder of another container is seen by its socket in the folder, until it dies',
  async () => {
    const path = join(folder, lockName);
    const other = spawn(process.execPath, [
      '--eval',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('ready'))`,
    ]);
    await once(other.stdout, 'data');
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'busy' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await readdir(folder)).toEqual([lockName]);
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  },
);
