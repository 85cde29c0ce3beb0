import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-lock-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that holds the folder until it is killed. */
async function holder(): Promise<ChildProcess> {
  const module = JSON.stringify(new URL('folder-lock.ts', import.meta.url).href);
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `const { lockFolder } = await import(${module});
       await lockFolder(${JSON.stringify(folder)});
       console.log('held');
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  return child;
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
  const child = await holder();
  try {
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'busy' });
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'exit');
  await (await lockFolder(folder)).release();
});

test('a folder that is not there is named', async () => {
  await expect(lockFolder(join(folder, 'none'))).rejects.toMatchObject({
    code: 'not-found',
    message: `cannot lock ${join(folder, 'none')}: there is no such file or folder`,
  });
});
