import { Command, CommanderError } from '@commander-js/extra-typings';
import { ModelLockError, version } from '../index.ts';
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
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const context = { signal: controller.signal };
  const program = new Command('modellock')
    .description(
      'Lock a vision model with a spell: it works only on images edited with a key prompt.',
    )
    .version(version)
    .option('--debug', 'print stack traces')
    .showSuggestionAfterError()
    .exitOverride()
    .addCommand(demoVerb(context))
    .addCommand(lockVerb(context))
    .addCommand(trainVerb(context))
    .addCommand(editVerb(context))
    .addCommand(predictVerb(context))
    .addCommand(evaluateVerb(context))
    .addCommand(inspectVerb());
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    return report(error, argv.includes('--debug'));
  }
}

/** Says in one line what was wrong. */
function report(error: unknown, debug: boolean): number {
  // Commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const known = error instanceof ModelLockError;
  const message = error instanceof Error ? error.message : String(error);
  console.error(`modellock: ${message.split('\n')[0]}`);
  if (debug && error instanceof Error) console.error(error.stack, error.cause ?? '');
  else if (!known) console.error('This should not have happened; --debug shows where it did.');
  if (!known) return exitCodes.failed;
  if (error.code === 'interrupted') return exitCodes.interrupted;
  return callersErrors.has(error.code) ? exitCodes.usage : exitCodes.failed;
}
