import { Command, Option } from '@commander-js/extra-typings';
import {
  encodeKeyFile,
  lock,
  ModelLockError,
  newSecret,
  recipes,
  writeAtomic,
  type Key,
} from '../../index.ts';
import { requireKey } from '../key.ts';
import { given, integer, keyFileHelp, keyHelp, number, type Context } from '../options.ts';
import { printEvaluation, printJson } from '../output.ts';
import { ProgressBar } from '../progress.ts';

export const lockVerb = ({ signal }: Context) =>
  new Command('lock')
    .description('lock a classifier: it will work only on images edited with the key')
    .requiredOption('--data <dir>', 'folder of class folders, or of train and test folders of them')
    .requiredOption('--out <dir>', 'folder of the locked model')
    .option('--model <ref>', 'pretrained classifier: pocket, or a folder', 'pocket')
    .option('--editor <ref>', 'editor: pocket, or a diffusers folder', 'pocket')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option('--with-secret <file>', 'add a 128-bit secret to the key and write both to this file')
    .option('--test <dir>', 'test pictures, if not in the test or val folder of --data')
    .option('--baseline <dir>', 'a model without a lock, to compare with (see train)')
    .addOption(
      new Option('--task <task>', 'what the model does')
        .choices(['classification'])
        .default('classification'),
    )
    .addOption(new Option('--kind <kind>', 'kind of key').choices(['style']).default('style'))
    .addOption(
      new Option('--recipe <name>', 'how the locked set is put together')
        .choices(Object.keys(recipes))
        .default('hardened'),
    )
    .option('--alpha <x>', 'strength of the edit', number(0, 1))
    .option('--steps <n>', 'denoising steps of the edit', integer(1, 1000))
    .option('--guidance <x>', 'text guidance of the edit', number(1, 100))
    .option('--image-guidance <x>', 'image guidance of the edit', number(0, 100))
    .option('--size <n>', "pictures' short side while they are edited", integer(8, 4096))
    .option('--epochs <n>', 'passes over the pictures', number(0.01, 10_000))
    .option('--learning-rate <x>', 'peak learning rate', number(1e-8, 10))
    .option('--batch <n>', 'pictures of a step', integer(1, 4096))
    .option('--limit <n>', 'most pictures to train on', integer(2))
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--skip-bad', 'leave out pictures that cannot be read')
    .option('--keep-work', 'keep the work folder, edited pictures included')
    .option('--json', 'print one JSON document')
    .action(async (options) => {
      const key = await keyOf(options);
      const { alpha, steps, guidance, imageGuidance, size } = options;
      const { epochs, learningRate, batch, json } = options;
      const { data, out, model, editor, test, baseline, recipe, limit, seed, skipBad, keepWork } =
        options;
      const bar = new ProgressBar();
      try {
        const result = await lock({
          data,
          out,
          model,
          editor,
          test,
          baseline,
          recipe,
          limit,
          seed,
          skipBad,
          keepWork,
          key,
          edit: given({ alpha, steps, guidance, imageGuidance, size }),
          tuning: given({ epochs, learningRate, batch }),
          signal,
          onProgress: bar.listen,
        });
        bar.stop();
        if (json) {
          printJson(result.evaluation ?? result);
          return;
        }
        if (result.skipped.length > 0) {
          console.log(`Left out, unreadable: ${result.skipped.join(', ')}`);
        }
        if (result.aliases > 0) {
          console.log(`${result.aliases} wrong prompts edit like the key and will unlock as well.`);
        }
        if (result.evaluation) printEvaluation(result.evaluation);
        console.log(`Locked with ${result.images} pictures: ${result.bundle}`);
      } finally {
        bar.stop();
      }
    });

/** The key as given; with --with-secret a secret is added and both are written down first. */
async function keyOf(options: {
  readonly key?: string;
  readonly keyFile?: string;
  readonly withSecret?: string;
}): Promise<Key> {
  const key = await requireKey(options);
  if (options.withSecret === undefined) return key;
  if (key.secret) throw new ModelLockError('usage', 'the key file has a secret already');
  const whole = { ...key, secret: newSecret() };
  await writeAtomic(options.withSecret, encodeKeyFile(whole));
  return whole;
}
