import { Command } from '@commander-js/extra-typings';
import { train } from '../../index.ts';
import { given, integer, number, type Context } from '../options.ts';
import { printJson } from '../output.ts';
import { ProgressBar } from '../progress.ts';

export const trainVerb = ({ signal }: Context) =>
  new Command('train')
    .description('fine-tune a classifier without a lock, to compare with')
    .requiredOption('--data <dir>', 'folder of class folders, or of train and test folders of them')
    .requiredOption('--out <dir>', 'folder of the new model')
    .option('--model <ref>', 'pretrained classifier: pocket, or a folder', 'pocket')
    .option('--test <dir>', 'test pictures, if not in the test or val folder of --data')
    .option('--epochs <n>', 'passes over the pictures', number(0.01, 10_000))
    .option('--learning-rate <x>', 'peak learning rate', number(1e-8, 10))
    .option('--batch <n>', 'pictures of a step', integer(1, 4096))
    .option('--limit <n>', 'most pictures to train on', integer(2))
    .option('--from-scratch', "begin with random weights instead of the model's")
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--skip-bad', 'leave out pictures that cannot be read')
    .option('--json', 'print one JSON document')
    .action(async ({ json, epochs, learningRate, batch, ...options }) => {
      const bar = new ProgressBar();
      try {
        const result = await train({
          ...options,
          tuning: given({ epochs, learningRate, batch }),
          signal,
          onProgress: bar.listen,
        });
        bar.stop();
        if (json) printJson(result);
        else {
          const { bundle, images, skipped, accuracy } = result;
          if (skipped.length > 0) console.log(`Left out, unreadable: ${skipped.join(', ')}`);
          const score =
            accuracy === null ? '' : `, ${(100 * accuracy).toFixed(2)} % on the test set`;
          console.log(`Trained on ${images} pictures${score}: ${bundle}`);
        }
      } finally {
        bar.stop();
      }
    });
