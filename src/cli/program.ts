import { Command, CommanderError, Help, type Option } from '@commander-js/extra-typings';
import { ModelLockError, plain, takeFromEnvironment, version } from '../index.ts';
import { keyVariable } from './key.ts';
import type { Context } from './options.ts';
import { demoVerb } from './verbs/demo.ts';
import { editVerb } from './verbs/edit.ts';
import { evaluateVerb } from './verbs/evaluate.ts';
import { inspectVerb } from './verbs/inspect.ts';
import { lockVerb } from './verbs/lock.ts';
import { predictVerb } from './verbs/predict.ts';
import { trainVerb } from './verbs/train.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
const exitCodes = { failed: 1, usage: 2, interrupted: 130 } as const;

/** Codes of errors that are the caller's. */
const callersErrors = new Set(['usage', 'key']);

/** Runs the command line and returns its exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const environmentKey = takeFromEnvironment(keyVariable);
  // A closed pipe or a full disk is reported where a result is written; progress may get lost.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    await programFor({ signal: interruption(), environmentKey }).parseAsync(argv);
    return 0;
  } catch (error) {
    return report(error, argv.includes('--debug'));
  }
}

/** Aborted by Ctrl-C; a second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    console.error('modellock: stopping after this step; Ctrl-C again stops at once');
    controller.abort();
  });
  return controller.signal;
}

function programFor(context: Context): Command {
  const program = new Command('modellock')
    .description(
      'Lock a vision model with a spell: it works only on images edited with a key prompt.',
    )
    .version(version)
    .option('--debug', 'print stack traces')
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .exitOverride();
  const verbs = [
    demoVerb(context),
    lockVerb(context),
    trainVerb(context),
    editVerb(context),
    predictVerb(context),
    evaluateVerb(context),
    inspectVerb(context),
  ];
  const names = verbs.map((verb) => verb.name());
  program.configureOutput({
    outputError: (text, write) => write(`${usageError(text, names)}\n`),
  });
  for (const verb of verbs) program.addCommand(verb.copyInheritedSettings(program));
  return program;
}

/** Commander tells no default that is words alone, such as "the editor's own", and has no value. */
function optionDescription(option: Option): string {
  const { defaultValue, defaultValueDescription } = option;
  const told = Object.assign(Object.create(option) as Option, {
    defaultValue: defaultValue ?? defaultValueDescription,
  });
  return Help.prototype.optionDescription(told);
}

/** An error of the argument parser in one line, as all others are. */
function usageError(text: string, verbs: readonly string[]): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ');
  const isUnknownVerb = line.startsWith('unknown command') && !line.includes('Did you mean');
  return `modellock: ${plain(line)}${isUnknownVerb ? ` (valid: ${verbs.join(', ')})` : ''}`;
}

/** Says in one line what was wrong. */
function report(error: unknown, debug: boolean): number {
  // The parser has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const known = error instanceof ModelLockError;
  const message = error instanceof Error ? error.message : String(error);
  console.error(`modellock: ${plain(message.split('\n')[0])}`);
  if (debug && error instanceof Error) console.error(error.stack, error.cause ?? '');
  else if (!known) console.error('This should not have happened; --debug shows where it did.');
  if (!known) return exitCodes.failed;
  if (error.code === 'interrupted') return exitCodes.interrupted;
  return callersErrors.has(error.code) ? exitCodes.usage : exitCodes.failed;
}
