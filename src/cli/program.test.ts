import { afterEach, describe, expect, it, vi } from 'vitest';
import { version } from '../base/version.ts';
import { run } from './program.ts';

/** Help, and mistakes that are found before anything is read, in this very process. */

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs the program with these arguments; what it prints, and the signals it listens to, are kept from this process. */
async function modellock(args: readonly string[]): Promise<Finished> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'on').mockReturnThis();
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  }
  vi.spyOn(console, 'error').mockImplementation((text) => (said.stderr += `${text}\n`));
  vi.spyOn(process, 'once').mockReturnThis();
  const code = await run(['node', 'modellock', ...args]);
  return { code, ...said };
}

const verbs = ['demo', 'lock', 'train', 'edit', 'predict', 'evaluate', 'inspect'];

describe('help', () => {
  it('lists the verbs', async () => {
    const { code, stdout, stderr } = await modellock(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const verb of verbs) expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
  });

  it('says its version', async () => {
    expect(await modellock(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each(verbs)('explains every option of %s', async (verb) => {
    const { code, stdout, stderr } = await modellock([verb, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Usage: modellock ${verb} [options]`);
    expect(stdout).toMatch(/--json +\S/);
    expect(stdout).toMatch(/--debug +\S/);
    for (const line of stdout.split('\n').filter((text) => /^ {2}-/.test(text))) {
      expect(line, 'an option without a word').toMatch(/^ {2}-.* {2,}\S/);
    }
  });

  it('tells defaults that have no value, in words', async () => {
    const { stdout } = await modellock(['lock', '--help']);
    const words = stdout.replaceAll(/\s+/g, ' ');
    expect(words).toContain("--alpha <x> strength of the edit, 0 to 1 (default: the editor's own)");
    expect(words).toContain('(choices: "style", "object", default: the editor\'s own)');
    expect(words).toContain('(default: 14, or more where there are few pictures)');
    expect(words).toContain('roles: path, label, split, group');
    expect(words).not.toContain('without it');
  });

  it('is what one gets for saying nothing, as a mistake', async () => {
    const { code, stdout, stderr } = await modellock([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: modellock');
  });
});

const lock = (...more: string[]): string[] => ['lock', '--data', 'd', '--out', 'o', ...more];

describe('wrong use ends with code 2 and one line that says what is valid', () => {
  it.each<[string[], string]>([
    [['lok'], "unknown command 'lok' (Did you mean lock?)"],
    [['frobnicate'], `unknown command 'frobnicate' (valid: ${verbs.join(', ')})`],
    [['lock', '--out', 'o'], "required option '--data <dir>' not specified"],
    [lock('--lmit', '5'), "unknown option '--lmit' (Did you mean --limit?)"],
    [lock('oil', 'pastel'), "too many arguments for 'lock'. Expected 0 arguments but got 2."],
    [lock('--alpha', '1.5'), "option '--alpha <x>' argument '1.5' is invalid. Valid: 0 to 1."],
    [lock('--alpha', ''), "option '--alpha <x>' argument '' is invalid. Valid: 0 to 1."],
    [
      lock('--strength', '0'),
      "option '--strength <x>' argument '0' is invalid. Valid: above 0, up to 1.",
    ],
    [lock('--epochs', '0'), "option '--epochs <n>' argument '0' is invalid. Valid: 0.01 to 10000."],
    [
      lock('--limit', '2.5'),
      "option '--limit <n>' argument '2.5' is invalid. Valid: integers from 2 on.",
    ],
    [
      lock('--batch', '-1'),
      "option '--batch <n>' argument '-1' is invalid. Valid: integers from 1 to 4096.",
    ],
    [
      lock('--recipe', 'secret'),
      "option '--recipe <name>' argument 'secret' is invalid. Allowed choices are paper, hardened.",
    ],
    [
      lock('--tuning', 'piano'),
      "option '--tuning <name>' argument 'piano' is invalid. Allowed choices are default, mae.",
    ],
    [
      lock('--freeze', 'blocks.1,'),
      "option '--freeze <what>' argument 'blocks.1,' is invalid. Valid: all-but-head, or names like NAME,NAME.",
    ],
    [
      lock('--kind', 'smell'),
      "option '--kind <kind>' argument 'smell' is invalid. Allowed choices are style, object.",
    ],
    // Of the model's pictures it is --input-size, while they are edited --edit-size.
    [
      ['train', '--data', 'd', '--out', 'o', '--size', '96'],
      "unknown option '--size' (Did you mean --slices?)",
    ],
    [['predict'], "missing required argument 'model'"],
    [['predict', 'model'], 'there is nothing to look at (valid: picture files, --text, --texts)'],
    [['evaluate', 'model'], "required option '--data <dir>' not specified"],
    [
      ['demo', '--seed', 'x'],
      "option '--seed <n>' argument 'x' is invalid. Valid: integers from 0 on.",
    ],
  ])('%j', async (args, message) => {
    expect(await modellock(args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `modellock: ${message}\n`,
    });
  });
});

describe('references', () => {
  it.each<[string[], string]>([
    [
      ['inspect', 'nowhere'],
      'the model nowhere does not exist (valid: pocket, a folder with config.json and weights, an ONNX file, a file of weights (.safetensors, .pth, .pt, .th, .bin, .ckpt), hf:owner/name[@revision])',
    ],
    [
      ['inspect', 'pocket/other'],
      'no backbone pocket/other ships with this version (valid: pocket, pocket/backbone)',
    ],
    [
      ['inspect', 'hf:nobody'],
      'hf:nobody is not whole in the cache at /nowhere/hub, and HF_HUB_OFFLINE is set: there is no config.json',
    ],
  ])('%j', async (args, message) => {
    const hub = { HF_HOME: '/nowhere', HF_HUB_CACHE: '', HF_HUB_OFFLINE: '1' };
    for (const [name, value] of Object.entries(hub)) vi.stubEnv(name, value);
    expect(await modellock(args)).toEqual({
      code: 1,
      stdout: '',
      stderr: `modellock: ${message}\n`,
    });
  });
});
