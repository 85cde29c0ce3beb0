import { Command } from '@commander-js/extra-typings';
import { demo } from '../../index.ts';
import { integer, type Context } from '../options.ts';
import { print, printEvaluation, printJson } from '../output.ts';
import { withProgress } from '../progress.ts';

export const demoVerb = ({ signal }: Context) =>
  new Command('demo')
    .description('lock a classifier of shipped photographs and show what happened')
    .option('--out <dir>', 'folder of the models and the page', 'modellock-demo')
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--json', 'print one JSON document')
    .action(async ({ out, seed, json }) => {
      const { evaluation, report, bundle } = await withProgress((bar) =>
        demo({ out, seed, signal, onProgress: bar.listen }),
      );
      if (json) {
        await printJson(evaluation);
        return;
      }
      await printEvaluation(evaluation);
      await print(`The locked model: ${bundle}\nThe page to look at: ${report}`);
    });
