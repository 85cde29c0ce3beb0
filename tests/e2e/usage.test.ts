import { describe, expect, it } from 'vitest';
import { version } from '../../src/base/version.ts';
import { modellock } from '../support/command-line.ts';

/** The built program says what it is and what was wrong; what it says in all cases is tested beside it. */

describe('help', () => {
  it('lists the verbs', async () => {
    const { code, stdout, stderr } = await modellock(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ {2}lock /m);
  });

  it('says its version', async () => {
    expect(await modellock(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong use', () => {
  it('ends with code 2 and one line', async () => {
    expect(await modellock(['lok'])).toEqual({
      code: 2,
      stdout: '',
      stderr: "modellock: unknown command 'lok' (Did you mean lock?)\n",
    });
  });

  it('shows with --debug where it was found', async () => {
    const { code, stderr } = await modellock(['inspect', 'nowhere', '--debug']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^modellock: the model nowhere .*\nModelLockError: .*\n +at /);
  });
});
