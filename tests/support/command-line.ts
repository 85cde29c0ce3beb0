import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Whether the shell can say how large files may become: not on Windows. */
export const hasFileLimits =
  spawnSync('bash', ['-c', 'ulimit -f 100 && ulimit -f']).stdout?.toString() === '100\n';

export interface RunOptions {
  /** Folder the command runs in. */
  readonly cwd?: string;
  /** Value of MODELLOCK_KEY. */
  readonly key?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Shell commands before it, as `ulimit -f 100`. */
  readonly before?: string;
}

export interface Finished {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Arguments: words between spaces, and others as they are. */
export const command = (words: string, ...more: readonly string[]): string[] => [
  ...words.split(' '),
  ...more,
];

/** A command that is running. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when stderr has said something like this; rejects when the command ends before. */
  readonly heard: (pattern: RegExp) => Promise<void>;
}

/** Runs the built command line to its end. Its stdin is empty and no terminal. */
export function modellock(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return startModellock(args, options).finished;
}

export function startModellock(args: readonly string[], options: RunOptions = {}): Running {
  const { cwd, key, env = {}, before } = options;
  const whole = [process.execPath, main, ...args];
  const [program, rest] =
    before === undefined
      ? [whole[0], whole.slice(1)]
      : ['bash', ['-c', `${before}; exec "$@"`, 'bash', ...whole]];
  const child = spawn(program, rest, {
    cwd,
    env: { ...environment(), ...env, ...(key === undefined ? {} : { MODELLOCK_KEY: key }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    finished,
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(stderr)) resolve();
        };
        look();
        child.stderr.on('data', look);
        void finished.then(() => reject(new Error(`never heard ${pattern}, but: ${stderr}`)));
      }),
  };
}

/** When a job is killed, and which one. */
interface Kill extends RunOptions {
  readonly cwd: string;
  /** What the job makes, in `cwd`. */
  readonly out: string;
  /** What stderr has said by then. */
  readonly after: RegExp;
  /** Milliseconds from then on. Default: none. */
  readonly delay?: () => number;
}

/**
 * Kills a job in the middle: its work is there, and what it makes is not. One that was done before the
 * signal came, as it may be on a fast machine, is undone and begun again.
 */
export async function killModellock(args: readonly string[], kill: Kill): Promise<void> {
  const { cwd, out, after, delay = () => 0 } = kill;
  for (let attempt = 0; attempt < 10; attempt++) {
    const { child, finished, heard } = startModellock(args, kill);
    await heard(after);
    const timer = setTimeout(() => child.kill('SIGKILL'), delay());
    const { code, stderr } = await finished;
    clearTimeout(timer);
    if (code !== null && code !== 0) throw new Error(`ended with code ${code}: ${stderr}`);
    const made = join(cwd, out);
    if (!existsSync(made)) return;
    for (const path of [made, `${made}.work`]) rmSync(path, { recursive: true, force: true });
  }
  throw new Error(`${out} was made each time, before the job could be killed`);
}

/** This process's environment without what would change the command's behaviour. */
function environment(): NodeJS.ProcessEnv {
  const { MODELLOCK_KEY: _key, NODE_OPTIONS: _options, ...rest } = process.env;
  return rest;
}
