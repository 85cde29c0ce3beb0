import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Finished } from './command-line.ts';

const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Whether util-linux's `script` is there, which gives a command a terminal. */
export const hasTerminal =
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

/**
 * Runs the built command line on a terminal, where somebody answers each question.
 *
 * @param answers what is typed after a prompt, in the order of the prompts.
 * @returns what the terminal showed as `stdout`.
 */
export function onTerminal(
  args: readonly string[],
  answers: readonly (readonly [prompt: string, typed: string])[],
  cwd: string,
): Promise<Finished> {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
  const { MODELLOCK_KEY: _key, ...env } = process.env;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let answered = 0;
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const next = answers[answered];
    if (!next) return;
    const place = shown.indexOf(next[0], seen);
    if (place < 0) return;
    seen = place + next[0].length;
    answered += 1;
    child.stdin.write(next[1]);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout: shown, stderr: '' }));
  });
}
