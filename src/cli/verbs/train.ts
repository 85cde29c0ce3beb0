import { Command } from '@commander-js/extra-typings';
import { train, type TrainResult } from '../../index.ts';
import { integer, number, type Context } from '../options.ts';
import { print, printJson, reportSkipped } from '../output.ts';
import { withProgress } from '../progress.ts';
import { freeze, freezeHelp, tuningOf, tuningOption } from '../tuning.ts';

export const trainVerb = ({ signal }: Context) =>
  new Command('train')
    .description('fine-tune a classifier without a lock, to compare with')
    .requiredOption('--data <dir>', 'folder of class folders, or of train and test folders of them')
    .requiredOption('--out <dir>', 'folder of the new model')
    .option('--model <ref>', 'pretrained classifier: pocket, a folder, or hf:owner/name', 'pocket')
    .option('--test <dir>', 'test pictures, if not in the test or val folder of --data')
    .addOption(tuningOption())
    .option('--epochs <n>', 'passes over the pictures', number(0.01, 10_000))
    .option('--learning-rate <x>', 'peak learning rate', number(1e-8, 10))
    .option('--batch <n>', 'pictures of a step', integer(1, 4096))
    .option('--freeze <what>', freezeHelp, freeze)
    .option('--limit <n>', 'most pictures to train on', integer(2))
    .option('--from-scratch', "begin with random weights instead of the model's")
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--checkpoint-seconds <x>', 'time between checkpoints', number(0, 86_400), 20)
    .option('--skip-bad', 'leave out pictures that cannot be read')
    .option('--json', 'print one JSON document')
    .action(async ({ json, ...options }) => {
      await withProgress((bar) =>
        train({
          ...options,
          tuning: tuningOf(options),
          signal,
          onProgress: bar.listen,
          onResult: (result) => {
            bar.stop();
            return show(result, json);
          },
        }),
      );
    });

async function show(result: TrainResult, json: true | undefined): Promise<void> {
  reportSkipped(result.skipped);
  if (json) {
    await printJson(result);
    return;
  }
  const { bundle, images, accuracy } = result;
  const score = accuracy === null ? '' : `, ${(100 * accuracy).toFixed(2)} % on the test set`;
  await print(`Trained on ${images} pictures${score}: ${bundle}`);
}
