import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { ModelLockError } from '../base/error.ts';
import {
  exists,
  fileError,
  hashFile,
  listFolder,
  makeFolder,
  moveFolder,
  parseJson,
  pathWithin,
  readBytes,
  readBytesIfAny,
  readJson,
  readJsonObject,
  readText,
  removeAll,
  writeAtomic,
  writeJson,
  writeNew,
} from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

describe('writeAtomic', () => {
  it('replaces a file and leaves nothing beside it', async () => {
    await writeAtomic(at('a'), 'old, and longer');
    await writeAtomic(at('a'), Uint8Array.of(1, 2, 3));
    expect(await readBytes(at('a'))).toEqual(Uint8Array.of(1, 2, 3));
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leaves nothing half-written where it fails', async () => {
    await mkdir(at('taken'));
    await expect(writeAtomic(at('taken'), 'text')).rejects.toThrow(`cannot write ${at('taken')}: `);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('keeps what was there where it fails', async () => {
    await writeAtomic(at('a'), 'old');
    const broken = { toString: 1 } as unknown as string;
    await expect(writeAtomic(at('a'), broken)).rejects.toThrow(ModelLockError);
    expect(await readText(at('a'))).toBe('old');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('names a folder that is not there', async () => {
    const path = at('missing/a');
    await expect(writeAtomic(path, '')).rejects.toMatchObject({
      code: 'not-found',
      message: `cannot write ${path}: there is no such file or folder`,
    });
  });
});

describe('writeNew', () => {
  it('writes what is not there, and leaves what is', async () => {
    await writeNew(at('a'), 'first');
    await writeNew(at('a'), 'second');
    expect(await readText(at('a'))).toBe('first');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('lets one of many win, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(1000));
    await Promise.all(texts.map((text) => writeNew(at('a'), text)));
    expect(texts).toContain(await readText(at('a')));
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leaves nothing half-written where it fails', async () => {
    const path = at('missing/a');
    await expect(writeNew(path, '')).rejects.toMatchObject({ code: 'not-found' });
    const broken = { toString: 1 } as unknown as string;
    await expect(writeNew(at('a'), broken)).rejects.toThrow(ModelLockError);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('reading', () => {
  it('gives bytes whose slices are copies', async () => {
    await writeAtomic(at('a'), Uint8Array.of(1, 2, 3));
    for (const bytes of [await readBytes(at('a')), (await readBytesIfAny(at('a')))!]) {
      bytes.slice(1)[0] = 9;
      expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    }
  });

  it('gives texts in UTF-8 and UTF-16 without their byte order marks, and refuses others', async () => {
    const text = 'Gr\u00f6\u00dfe \u{1f600}';
    const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
    for (const bytes of [text, `\uFEFF${text}`, little, Buffer.from(little).swap16()]) {
      await writeFile(at('a'), bytes);
      expect(await readText(at('a'))).toBe(text);
    }
    await writeFile(at('a'), Buffer.from('Gr\u00f6\u00dfe', 'latin1'));
    await expect(readText(at('a'))).rejects.toMatchObject({
      code: 'data',
      message: `${at('a')} is not UTF-8; save it as UTF-8`,
    });
  });

  it('tells what is missing', async () => {
    await expect(readText(at('none'))).rejects.toMatchObject({
      code: 'not-found',
      message: `cannot read ${at('none')}: there is no such file or folder`,
    });
    expect(await readBytesIfAny(at('none'))).toBeUndefined();
    await expect(readBytesIfAny(folder)).rejects.toThrow(/it is a folder/);
  });

  // The superuser may read everything.
  test.skipIf(process.getuid?.() === 0)('tells what is denied', async () => {
    await writeFile(at('secret'), 'x');
    await chmod(at('secret'), 0);
    await expect(readText(at('secret'))).rejects.toMatchObject({ code: 'io' });
  });

  test.skipIf(process.platform === 'win32')('refuses what has no end', async () => {
    await symlink('/dev/zero', at('zero'));
    for (const read of [readText, readBytes, hashFile]) {
      await expect(read(at('zero'))).rejects.toThrow(`cannot read ${at('zero')}: it is a device`);
    }
  });

  test.skipIf(process.platform === 'win32')(
    'reads a pipe that is named, such as a shell makes',
    async () => {
      execFileSync('mkfifo', [at('pipe')]);
      const [text] = await Promise.all([readText(at('pipe')), writeFile(at('pipe'), 'a key')]);
      expect(text).toBe('a key');
    },
  );

  it('tells a loop of links', async () => {
    await symlink(at('loop'), at('loop'));
    await expect(readText(at('loop'))).rejects.toThrow(/it is a loop of links/);
  });

  it('names a file that is no JSON, and reads Python’s JSON', async () => {
    await writeFile(at('a.json'), '{"a": ');
    await expect(readJson(at('a.json'))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(readJson(at('a.json'))).rejects.toThrow(`${at('a.json')} is not JSON`);
    await writeJson(at('b.json'), { b: [1] });
    expect(await readJson(at('b.json'))).toEqual({ b: [1] });
    expect(await readJsonObject(at('b.json'))).toEqual({ b: [1] });
    await writeJson(at('c.json'), [1]);
    await expect(readJsonObject(at('c.json'))).rejects.toThrow(`${at('c.json')} is no JSON object`);
    expect(parseJson('{"a": [-Infinity, NaN], "b": NaN}')).toEqual({ a: [null, null], b: null });
  });

  it('leaves what JSON’s strings say as it is', () => {
    for (const text of ['scores (min, NaN, max)', '[Infinity]', '", NaN, "', '\\', '\\", NaN, "']) {
      expect(parseJson(JSON.stringify({ [text]: [text] }))).toEqual({ [text]: [text] });
    }
  });

  it.each([
    ['spaces', `[${' '.repeat(200_000)}1]`],
    ['quotes that nothing ends', `["${'\\"'.repeat(200_000)}`],
    ['backslashes', `["${'\\'.repeat(200_001)}"`],
    ['minus signs', `[${'-'.repeat(200_000)}`],
  ])('takes no longer for JSON of many %s', (_, text) => {
    // Milliseconds; the square of the length would be minutes.
    const start = performance.now();
    try {
      parseJson(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
    }
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

test('fileError puts refusals of the system in words', () => {
  const failed = (code: string): ModelLockError =>
    fileError('write', 'x', Object.assign(new Error(code), { code }));
  expect(failed('EACCES')).toMatchObject({ message: 'cannot write x: permission denied' });
  expect(failed('ENOSPC')).toMatchObject({
    code: 'io',
    message: 'cannot write x: the disk is full',
  });
  expect(failed('EWEIRD')).toMatchObject({ code: 'io', message: 'cannot write x: EWEIRD' });
});

test('folders are made, listed by code point, moved once and removed', async () => {
  for (const name of ['b', 'a', 'Z', 'é']) await makeFolder(at(join('from', name)));
  const names = (await listFolder(at('from'))).map(({ name }) => name);
  expect(names).toEqual(['Z', 'a', 'b', 'é']);
  await makeFolder(at('other/full'));
  await expect(moveFolder(at('from'), at('other'))).rejects.toThrow(ModelLockError);
  await moveFolder(at('from'), at('new/place'));
  expect([await exists(at('from')), await exists(at('new/place/a'))]).toEqual([false, true]);
  await removeAll(at('new'));
  expect(await exists(at('new'))).toBe(false);
});

describe('makeFolder', () => {
  it('makes what is missing, gives the mode to the last one alone, and is content with what is there', async () => {
    await Promise.all([makeFolder(at('a/b/c'), 0o700), makeFolder(at('a/b/d'))]);
    await makeFolder(at('a/b/c'));
    expect((await stat(at('a/b/c'))).mode & 0o077).toBe(0);
    expect(await readdir(at('a/b'))).toEqual(['c', 'd']);
  });

  it('names what cannot be made', async () => {
    await writeFile(at('file'), '');
    for (const path of [at('file'), at('file/x')]) {
      await expect(makeFolder(path)).rejects.toThrow(`cannot create ${path}: `);
    }
  });

  test.skipIf(process.platform !== 'linux')('ends where a folder takes no others', async () => {
    await expect(makeFolder('/proc/x/y')).rejects.toThrow('cannot create /proc/x/y: ');
  });
});

describe('pathWithin', () => {
  it.each(['..', '../x', 'a/../..', '/etc/passwd', '', '.', 'a/../../x'])(
    'refuses "%s"',
    (name) => {
      expect(() => pathWithin('models', name)).toThrow(ModelLockError);
    },
  );

  it('keeps every name that it lets through below the folder', () => {
    const part = fc.constantFrom('a', 'b.json', '.', '..', '', '...', '..c', ' ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        try {
          const below = relative(resolve('models'), resolve(pathWithin('models', parts.join('/'))));
          expect(below.split('/')[0]).not.toBe('..');
          expect(below).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(ModelLockError);
        }
      }),
    );
    expect(pathWithin('models', './unet/a.json')).toBe(join('models', 'unet', 'a.json'));
  });
});
