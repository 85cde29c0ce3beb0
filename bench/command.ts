import { Command, CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ModelLockError, messageOf } from '../src/base/error.ts';
import { given, integer, number } from '../src/cli/options.ts';
import { withProgress } from '../src/cli/progress.ts';
import { writeAtomic } from '../src/platform/files.ts';
import { prepareSet, setOfFolder } from './data/prepare.ts';
import type { SetPlan } from './data/sets.ts';
import type { Job, Result } from './jobs/job.ts';
import { prompts } from './jobs/keys.ts';
import { Runner, type RunnerOptions } from './jobs/runner.ts';
import { insertBetween } from './tables/insert.ts';

/** What the resumable benchmarks have in common. */
export const benchCommand = (name: string, description: string) =>
  new Command(name)
    .description(description)
    .option('--data <dir>', 'a folder of class folders, split or not, in place of the named sets')
    .option('--classes <name...>', 'classes of --data')
    .option('--train <n>', 'training images of a set', integer(2))
    .option('--test <n>', 'test images of a set', integer(4))
    .option('--seeds <n>', 'seeds, from 0 on', integer(1, 100))
    .option('--epochs <n>', 'passes over the training images', number(0.01, 10_000))
    .option(
      '--out <dir>',
      'pictures, models and results; what is done there is not done again',
      '.bench',
    )
    .option('--known <dir>', 'results of earlier runs; what is there is not done again')
    .option(
      '--quick',
      'tens of images (of a set that is taken whole all), one epoch: to see that all of it runs',
    )
    .option('--tables', 'run nothing, print the tables of what is done')
    .option('--write', 'put the tables into docs/benchmarks.md');

/** The same for benchmarks of locks. */
export const lockBenchCommand = (name: string, description: string) =>
  benchCommand(name, description)
    .option('--keys <n>', `how many of ${prompts.length} keys`, integer(1, prompts.length))
    .option('--prompt <text...>', 'other keys than those');

/** Parses names of a record's entries with commas between. */
export const namesOf =
  <Name extends string>(record: Readonly<Record<Name, unknown>>) =>
  (text: string): Name[] => {
    const names = text.split(',').map((name) => name.trim());
    if (names.every((name): name is Name => Object.hasOwn(record, name))) return names;
    throw new InvalidArgumentError(
      `Valid, with commas between: ${Object.keys(record).join(', ')}.`,
    );
  };

/** The values of those options. */
export interface BenchOptions {
  readonly data?: string;
  readonly classes?: readonly string[];
  readonly train?: number;
  readonly test?: number;
  readonly seeds?: number;
  readonly epochs?: number;
  readonly out: string;
  readonly known?: string;
  readonly quick?: true;
  readonly tables?: true;
  readonly write?: true;
}

/** So small that a lock takes seconds; nothing can be read from its numbers. */
export const quick = {
  set: { train: 60, test: 40 },
  tuning: { epochs: 1, batch: 16 },
  decoyImages: 12,
} as const;

/**
 * The sets to measure on: `named` ones or the folder of --data, with the sizes that were asked for.
 * Throws `usage` for sizes of a set that is taken whole; with --quick it is whole, too.
 */
export async function setsOf(options: BenchOptions, named: readonly SetPlan[]): Promise<SetPlan[]> {
  const { data, classes, train, test } = options;
  if (classes && data === undefined) {
    throw new ModelLockError('usage', '--classes goes with --data');
  }
  const sizes = { ...(options.quick ? quick.set : {}), ...given({ train, test }) };
  if (data !== undefined) {
    const all = { train: null, test: null };
    return [await setOfFolder(data, { classes: classes ?? 'all', ...all, ...sizes })];
  }
  const whole = named.find(({ task }) => task);
  if (whole && (train ?? test) !== undefined) {
    throw new ModelLockError(
      'usage',
      `--train and --test draw from class folders, and ${whole.name} is taken whole; choose another --set`,
    );
  }
  return named.map((set) => (set.task ? set : { ...set, ...sizes }));
}

/** How long to train: what was asked for, or the library's default. */
export function tuningOf({ quick: short, epochs }: BenchOptions): {
  epochs?: number;
  batch?: number;
} {
  return { ...(short ? quick.tuning : {}), ...(epochs === undefined ? {} : { epochs }) };
}

/** What is done of the jobs. */
export interface Done<J extends Job> {
  readonly resultsOf: (jobs: readonly J[]) => Result<J>[];
  /** Of all jobs. */
  readonly all: readonly Result<J>[];
  /** Of what locks among them were compared with. */
  readonly baselines: readonly Result[];
}

/** Draws the sets and runs the jobs that are not done. */
export async function runJobs<J extends Job>(
  jobs: readonly J[],
  sets: readonly SetPlan[],
  options: BenchOptions & Pick<RunnerOptions, 'shareEdits'>,
): Promise<Done<J>> {
  const out = resolve(options.out);
  if (options.known !== undefined && !existsSync(options.known)) {
    throw new ModelLockError('not-found', `there is no folder ${options.known}`);
  }
  const { signal } = interruptible();
  const runner = new Runner(out, options);
  const results = new Map<J, Result<J>>();
  if (!options.tables) for (const set of sets) await prepareSet(out, set);
  for (const [i, job] of jobs.entries()) {
    const known = await runner.resultOf(job);
    if (known) results.set(job, known);
    if (known || options.tables) continue;
    console.error(`[${i + 1}/${jobs.length}] ${job.name}`);
    results.set(
      job,
      await withProgress(({ listen }) => runner.run(job, { signal, onProgress: listen })),
    );
  }
  const compared = [...results.keys()].flatMap((job) => (job.kind === 'lock' ? job.baseline : []));
  const baselines = await Promise.all(compared.map((job) => runner.resultOf(job)));
  return {
    resultsOf: (wanted) => wanted.map((job) => results.get(job)).filter(isKnown),
    all: [...results.values()],
    baselines: baselines.filter(isKnown),
  };
}

const isKnown = <R extends Result>(result: R | undefined): result is R => result !== undefined;

/** Aborted by the first Ctrl-C. */
function interruptible(): AbortController {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller;
}

/** Prints tables, and puts them into the document where --write asks for it. */
export async function publish(
  name: string,
  content: string,
  { write, quick: short }: BenchOptions,
): Promise<void> {
  console.log(content);
  if (!write) return;
  if (short) throw new ModelLockError('usage', '--quick measures nothing that could be published');
  const path = join(import.meta.dirname, '../docs/benchmarks.md');
  await writeAtomic(path, insertBetween(await readFile(path, 'utf8'), name, content));
}

/** Parses the command line and runs it; sets the exit code as the command `modellock` does. */
export async function runBench(command: {
  exitOverride(): unknown;
  parseAsync(): Promise<unknown>;
}): Promise<void> {
  command.exitOverride();
  try {
    await command.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander has printed its own message already.
    if (!(error instanceof CommanderError)) console.error(messageOf(error));
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const code = error instanceof ModelLockError ? error.code : undefined;
  return code === 'usage' ? 2 : code === 'interrupted' ? 130 : 1;
}
