import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ModelLockError } from '../src/base/error.ts';
import type { Case } from './cases.ts';

const here = import.meta.dirname;
const commands = {
  ours: [process.execPath, '--import', 'tsx', join(here, 'ours.ts')],
  pytorch: ['python3', join(here, 'peers/torch_peer.py')],
} as const;

export type Side = keyof typeof commands;

/** A process that does the work of one case whenever it is told to. */
export class Subject {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts one side of a case; resolves when it is ready, with what it says of itself. */
  static async start(
    side: Side,
    c: Case,
    threads: number,
  ): Promise<{ subject: Subject; about: Readonly<Record<string, unknown>> }> {
    const [command, ...args] = commands[side];
    const child = spawn(command, [...args, JSON.stringify(c), String(threads)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.on('error', () => undefined); // Its output ends, which `#answer` reports.
    const subject = new Subject(child);
    return { subject, about: await subject.#answer(`${side} could not start ${c.name}`) };
  }

  /** Does the work once. @returns milliseconds, and some numbers of the result if it has one. */
  async once(): Promise<{ ms: number; output?: readonly number[] }> {
    this.#child.stdin.write('\n');
    return (await this.#answer('a subject stopped')) as { ms: number; output?: number[] };
  }

  /** The most memory it ever held, in bytes; undefined where the system does not say. */
  peakMemory(): number | undefined {
    const status = `/proc/${this.#child.pid}/status`;
    if (!existsSync(status)) return undefined;
    const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(status, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  }

  stop(): void {
    this.#child.kill();
  }

  async #answer(otherwise: string): Promise<Readonly<Record<string, unknown>>> {
    const { value, done } = await this.#lines.next();
    if (done) throw new ModelLockError('unsupported', otherwise);
    return JSON.parse(value) as Record<string, unknown>;
  }
}
