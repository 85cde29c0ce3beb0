import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import {
  command,
  hasFileLimits,
  killModellock,
  modellock,
  type Finished,
  type RunOptions,
} from '../support/command-line.ts';
import { hasTerminal, onTerminal } from '../support/terminal.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Where keys come from, where they must not go, and what they open. */

const key = 'zanzibar umbrella';
/** Words of the key and of every near miss of it: one of them is left by a change of the other. */
const words = /zanzibar|umbrella/i;

let place: Workplace;
const run = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  modellock(args, { cwd: place.folder, ...options });
const lock = (out: string, ...more: string[]): string[] =>
  command('lock --data photos/train --limit 6 --out', out, ...tiny, ...more);
const refusal = (message: string): Finished => ({
  code: 2,
  stdout: '',
  stderr: `modellock: ${message}\n`,
});

beforeAll(async () => {
  place = makeWorkplace();
  writeFileSync(place.at('key.txt'), `${key}\n`);
  writeFileSync(place.at('key.json'), JSON.stringify({ prompt: key }));
  const result = await run(lock('locked'), { key });
  expect(result.code, result.stderr).toBe(0);
});
afterAll(() => place.remove());

describe('a key', () => {
  it.each<[string, readonly string[], RunOptions]>([
    ['a text file', ['--key-file', 'key.txt'], {}],
    ['a JSON file, before the environment', ['--key-file', 'key.json'], { key: 'another' }],
    ['the command line', ['--key', key], {}],
  ])('comes from %s as well as from the environment', async (source, args, options) => {
    const out = `from ${source}`;
    const { code, stderr } = await run(lock(out, ...args), options);
    expect(code, stderr).toBe(0);
    expect(place.hashes(out)).toEqual(place.hashes('locked'));
    const warning = 'modellock: a key on the command line is seen by others on this machine';
    expect(stderr.includes(warning)).toBe(args.includes('--key'));
  });

  it('is removed from the environment', async () => {
    // Looks at what the process would hand to another one.
    writeFileSync(
      place.at('probe.mjs'),
      `import { writeFileSync } from 'node:fs';
       process.on('exit', () => writeFileSync('environment.json', JSON.stringify(process.env)));`,
    );
    const env = {
      NODE_OPTIONS: `--import=${pathToFileURL(place.at('probe.mjs')).href}`,
      MARK: 'x',
    };
    for (const args of [
      ['inspect', 'model'],
      ['edit', 'photos/test/lobster', '--editor', 'editor', '--out', 'probed'],
    ]) {
      const { code, stderr } = await run(args, { key, env });
      expect(code, stderr).toBe(0);
      const found = JSON.parse(readFileSync(place.at('environment.json'), 'utf8')) as object;
      expect(found).toHaveProperty('MARK');
      expect(found).not.toHaveProperty('MODELLOCK_KEY');
    }
  });

  it('is asked for where there is none, or refused where nobody is there to ask', async () => {
    const message =
      'no key, and no terminal to ask for one (valid: --key-file FILE, MODELLOCK_KEY=..., --key PROMPT)';
    const picture = 'photos/test/lobster/000.jpg';
    for (const args of [
      lock('none'),
      ['edit', picture, '--out', 'none', '--editor', 'editor'],
      ['predict', 'locked', picture, '--unlock'],
    ]) {
      expect(await run(args)).toEqual(refusal(message));
    }
  });

  it('is not given twice', async () => {
    const result = await run(lock('none', '--key', key, '--key-file', 'key.txt'));
    expect(result).toEqual(refusal('the key is given twice, as a file and as an argument'));
  });

  it('is not empty', async () => {
    writeFileSync(place.at('empty.txt'), '\n');
    const message = 'the key is empty; give a prompt';
    expect(await run(lock('none'), { key: '' })).toEqual(refusal(message));
    expect(await run(lock('none'), { key: ' \t' })).toEqual(refusal(message));
    expect(await run(lock('none', '--key-file', 'empty.txt'))).toEqual(refusal(message));
  });

  it('is not longer than what a text encoder reads', async () => {
    for (const [verb, long] of [
      [lock('none'), 'x'.repeat(10_000)],
      [command('evaluate locked --data photos'), 'oil '.repeat(2500)],
      [command('predict locked photos/test/lobster/000.jpg --unlock'), '🔑'.repeat(2500)],
    ] as const) {
      const { code, stdout, stderr } = await run(verb, { key: long });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^modellock: the key has \d+ tokens; a text encoder reads 75 and would cut off the rest\n$/,
      );
    }
  });

  it('may be just as long, though words added to it are too long', async () => {
    const long = 'oil '.repeat(25).trim();
    const { code, stdout, stderr } = await run(
      ['lock', '--data', 'photos', ...tiny, '--limit', '6', '--out', 'long', '--json'],
      { key: long },
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ n: 6 });
  });

  it('is named by the file where it cannot be read', async () => {
    writeFileSync(place.at('broken.json'), `{"prompt": "${key}`);
    writeFileSync(place.at('short.json'), JSON.stringify({ prompt: key, secret: 'abc' }));
    expect(await run(lock('none', '--key-file', 'broken.json'))).toEqual(
      refusal('the key file broken.json is not JSON'),
    );
    expect(await run(lock('none', '--key-file', 'short.json'))).toEqual(
      refusal('the secret in short.json is not 32 hexadecimal digits'),
    );
    expect(await run(lock('none', '--key-file', 'missing.txt'))).toMatchObject({
      code: 1,
      stderr: 'modellock: cannot read missing.txt: there is no such file or folder\n',
    });
  });
});

test.skipIf(!hasFileLimits)(
  'a key appears nowhere: not in the work folder, the bundle, a report, nor in what is printed',
  async () => {
    const said: Finished[] = [
      await run(
        [
          'lock',
          '--data',
          'photos',
          ...tiny,
          '--limit',
          '6',
          '--out',
          'quiet',
          '--keep-work',
          '--debug',
        ],
        { key },
      ),
      await run(command('evaluate quiet --data photos --edits kept --report quiet.html --json'), {
        key,
      }),
      await run(['predict', 'quiet', 'photos/test/lobster/000.jpg', '--unlock'], { key }),
      await run(['edit', 'photos/test', '--out', 'quiet-edits', '--editor', 'editor'], { key }),
    ];
    for (const { code, stderr } of said) expect(code, stderr).toBe(0);
    // A work folder in the middle of a job, and an error with all its details.
    const broken = await run(lock('unfinished', '--debug'), { key, before: 'ulimit -f 1' });
    expect(broken.code).toBe(1);
    said.push(broken, await run(lock('quiet', '--debug'), { key }));

    const own = new Set(['key.txt', 'key.json', 'broken.json', 'short.json']);
    const written = place.files().filter((file) => !own.has(file));
    expect(written).toEqual(
      expect.arrayContaining([
        'quiet/modellock.json',
        'quiet.html',
        'kept/edits.json',
        'quiet.work/job.json',
        'unfinished.work/job.json',
      ]),
    );
    for (const file of written) {
      expect(file).not.toMatch(words);
      expect(words.test(readFileSync(place.at(file), 'latin1')), file).toBe(false);
    }
    for (const { stdout, stderr } of said) expect(`${stdout}${stderr}`).not.toMatch(words);
  },
);

test('an unfinished job goes on with its own key alone', async () => {
  const job = lock('resumed', '--epochs', '3');
  await killModellock(job, { cwd: place.folder, key, out: 'resumed', after: /^edit: /m });
  const edits = (): string[] => place.files('resumed.work', 'edits');
  const before = edits();
  expect(await run(lock('resumed', '--epochs', '3'), { key: 'another key' })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^(?:(?:read|hash): .*\n)*modellock: the lock learns .*\nmodellock: the unfinished job in resumed\.work began with another key; give that one, or remove the folder\n$/,
    ) as string,
  });
  expect(edits()).toEqual(before);
  expect(await run(lock('resumed', '--epochs', '4'), { key })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      'resumed.work holds an unfinished job with other options',
    ) as string,
  });
  expect(await run(lock('resumed', '--epochs', '3'), { key })).toMatchObject({ code: 0 });
  expect(place.files('resumed')).toHaveLength(5);
});

describe('a secret', () => {
  const withSecret = (out: string, ...more: string[]): string[] => [
    ...command('lock --data photos --limit 6 --out', out, ...tiny),
    ...command('--with-secret secret.json', ...more),
  ];
  const picture = 'photos/test/lobster/000.jpg';

  it('is not kept beside a key that is refused, so that another can be tried', async () => {
    const refused = await run(withSecret('none'), { key: 'oil '.repeat(100) });
    expect(refused.stderr).toContain('the key has');
    expect(refused.code).toBe(2);
    expect(place.files()).not.toContain('secret.json');
  });

  it('is written for its owner alone, survives an interruption, and is part of the key', async () => {
    const job = { cwd: place.folder, key, out: 'secured', after: /^edit: /m };
    await killModellock(withSecret('secured'), job);
    const file = readFileSync(place.at('secret.json'), 'utf8');
    expect(JSON.parse(file)).toEqual({
      prompt: key,
      secret: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    expect(statSync(place.at('secret.json')).mode & 0o077).toBe(0);

    const resumed = await run(withSecret('secured', '--json'), { key });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(readFileSync(place.at('secret.json'), 'utf8')).toBe(file);
    const { decoys } = JSON.parse(resumed.stdout) as {
      decoys: { kind: string; prompt: unknown }[];
    };
    expect(decoys.filter(({ kind }) => kind === 'wrong-secret')).toMatchObject([{ prompt: null }]);

    expect(await run(['predict', 'secured', picture, '--unlock'], { key })).toEqual(
      refusal(
        'the model was locked with a secret beside the prompt; give the key file that has both',
      ),
    );
    expect(await run(['predict', 'locked', picture, '--key-file', 'secret.json'])).toEqual(
      refusal('the key has a secret, and the model was locked with a prompt alone'),
    );
    const opened = await run(['predict', 'secured', picture, '--key-file', 'secret.json']);
    expect(opened.code, opened.stderr).toBe(0);
    const written = place
      .files('secured')
      .map((name) => readFileSync(place.at('secured', name), 'latin1'));
    const { secret } = JSON.parse(file) as { secret: string };
    for (const content of [...written, resumed.stdout, resumed.stderr]) {
      expect(content).not.toContain(secret);
    }
  });

  it('of another model is not overwritten', async () => {
    const before = readFileSync(place.at('secret.json'), 'utf8');
    expect(await run(withSecret('other'), { key: 'another key' })).toEqual(
      refusal('secret.json is there already and holds another key; choose another file'),
    );
    expect(readFileSync(place.at('secret.json'), 'utf8')).toBe(before);
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  const pictures = ['photos/test/lobster/000.jpg'];

  it('a lock asks twice, hidden, and takes corrections', async () => {
    const left = '\u001b[D';
    const { code, stdout } = await onTerminal(
      lock('typed'),
      [
        ['Key prompt: ', `wrong\u0015zanzibar umbrellu${left}\u007fa\r`],
        ['The same again: ', `${key}\r`],
      ],
      place.folder,
    );
    expect(code, stdout).toBe(0);
    expect(stdout).not.toMatch(words);
    expect(place.hashes('typed')).toEqual(place.hashes('locked'));
  });

  it('two different answers are refused', async () => {
    const { code, stdout } = await onTerminal(
      lock('typed-twice'),
      [
        ['Key prompt: ', `${key}\r`],
        ['The same again: ', `${key}s\r`],
      ],
      place.folder,
    );
    expect([code, stdout]).toEqual([
      2,
      expect.stringContaining('modellock: these are two different keys') as string,
    ]);
  });

  it('Ctrl-C leaves', async () => {
    const { code } = await onTerminal(lock('left'), [['Key prompt: ', 'zan\u0003']], place.folder);
    expect(code).toBe(130);
  });

  it('an unlock asks once, a plain model not at all', async () => {
    const opened = await onTerminal(
      ['predict', 'locked', ...pictures, '--unlock'],
      [['Key prompt: ', `${key}\r`]],
      place.folder,
    );
    expect(opened.code, opened.stdout).toBe(0);
    cpSync(place.at('locked'), place.at('plain'), { recursive: true });
    rmSync(place.at('plain', 'modellock.json'));
    const plain = await onTerminal(
      ['evaluate', 'plain', '--data', 'photos'],
      [['Key prompt: ', '\u0003']],
      place.folder,
    );
    expect(plain.code, plain.stdout).toBe(0);
    expect(plain.stdout).not.toContain('Key prompt');
  });
});

test('a key that changes too little is refused, and another can be tried at once', async () => {
  const refused = await run(lock('weak', '--alpha', '0.01'), { key });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/this key changes pictures by [\d.]+ grey levels on average/);
  const other = await run(lock('weak'), { key: 'another key' });
  expect(other.code, other.stderr).toBe(0);
  rmSync(place.at('weak'), { recursive: true });
});
