import { Command } from '@commander-js/extra-typings';
import { evaluateBundle, evaluationReport, writeAtomic } from '../../index.ts';
import { readKey } from '../key.ts';
import { integer, keyFileHelp, keyHelp, type Context } from '../options.ts';
import { printEvaluation, printJson } from '../output.ts';
import { ProgressBar } from '../progress.ts';

export const evaluateVerb = ({ signal }: Context) =>
  new Command('evaluate')
    .description(
      'measure a lock: without the key, with it, with wrong ones; or score a plain model',
    )
    .argument('<model>', 'a bundle, or any classifier')
    .requiredOption('--data <dir>', 'folder of class folders, or with a test or val folder of them')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option('--baseline <dir>', 'a model without a lock, to compare with (see train)')
    .option('--editor <ref>', 'where the editor is, if not where the bundle says')
    .option('--limit <n>', 'most pictures to test with', integer(4))
    .option('--decoy-images <n>', 'most pictures a wrong key is tried on', integer(1), 512)
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--report <file>', 'also write the evaluation as an HTML page')
    .option('--json', 'print one JSON document')
    .action(async (model, { json, report, key: prompt, keyFile, ...options }) => {
      const key = await readKey({ key: prompt, keyFile });
      const bar = new ProgressBar();
      try {
        const result = await evaluateBundle({
          ...options,
          model,
          key,
          signal,
          onProgress: bar.listen,
        });
        bar.stop();
        if ('lp' in result && report) {
          await writeAtomic(report, await evaluationReport(result, { title: model }));
        }
        if (json) printJson(result);
        else if ('lp' in result) printEvaluation(result, true);
        else {
          console.log(`${(100 * result.accuracy).toFixed(2)} % of ${result.n} pictures right`);
        }
      } finally {
        bar.stop();
      }
    });
