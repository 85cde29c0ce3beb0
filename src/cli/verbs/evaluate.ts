import { Command } from '@commander-js/extra-typings';
import { dirname } from 'node:path';
import {
  evaluateBundle,
  evaluationReport,
  makeFolder,
  ModelLockError,
  readManifest,
  textTask,
  writeAtomic,
} from '../../index.ts';
import {
  backgroundOption,
  columnsOption,
  dataHelp,
  groupPatternOption,
  ignoreOption,
  imagesOption,
  paletteOption,
  positiveOption,
  readingOf,
  testShareOption,
} from '../data.ts';
import { givenKey, requireKey } from '../key.ts';
import {
  headsOption,
  inputSizeOption,
  labelsOption,
  meanOption,
  modelOptionsOf,
  poolingOption,
  stdOption,
} from '../model-options.ts';
import {
  deviceOption,
  editsOption,
  integer,
  keyFileHelp,
  keyHelp,
  type Context,
} from '../options.ts';
import { printEvaluation, printJson, printScore, reportOverlap, reportSkipped } from '../output.ts';
import { withProgress } from '../progress.ts';
import { axisOption, fillOption, slicesOption, volumeOption, windowOption } from '../viewing.ts';

export const evaluateVerb = (context: Context) =>
  new Command('evaluate')
    .description(
      'measure a lock: without the key, with it, with wrong ones; or score a plain model',
    )
    .argument('<model>', 'a bundle, or any classifier or segmenter')
    .optionsGroup('The job:')
    .requiredOption('--data <dir>', dataHelp)
    .option('--baseline <ref>', 'a model without a lock, to compare with (see train)')
    .option('--limit <n>', 'most pictures or texts to test with', integer(4))
    .option('--decoy-images <n>', 'most pictures a wrong key is tried on', integer(1), 512)
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--skip-bad', 'leave out pictures that cannot be read, and lines without a text')
    .option('--report <file>', 'also write the evaluation as an HTML page')
    .option('--json', 'print one JSON document')
    .optionsGroup('The key:')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option('--editor <ref>', 'where the editor is, if not where the bundle says')
    .addOption(editsOption())
    .addOption(deviceOption())
    .optionsGroup('What the data does not say:')
    .addOption(imagesOption())
    .addOption(columnsOption())
    .addOption(paletteOption())
    .addOption(ignoreOption())
    .addOption(backgroundOption())
    .addOption(groupPatternOption())
    .addOption(testShareOption())
    .addOption(positiveOption())
    .addOption(axisOption())
    .addOption(volumeOption())
    .addOption(slicesOption())
    .addOption(windowOption())
    .addOption(fillOption())
    .optionsGroup('What the model does not say:')
    .addOption(labelsOption())
    .addOption(inputSizeOption())
    .addOption(meanOption())
    .addOption(stdOption())
    .addOption(headsOption())
    .addOption(poolingOption())
    .optionsGroup('Other options:')
    .action(async (model, { json, report, key: prompt, keyFile, ...options }) => {
      const given = await givenKey({ key: prompt, keyFile }, context);
      const asks = given === undefined && process.stdin.isTTY;
      // Which may be there for another command.
      const isOfEnvironment = given !== undefined && prompt === undefined && keyFile === undefined;
      const isLocked =
        (report !== undefined || asks || isOfEnvironment) && (await hasLock(model, context));
      // Before the evaluation, which may take hours.
      if (report !== undefined) {
        if (!isLocked) {
          throw new ModelLockError(
            'usage',
            `${model} has no lock, and there is no report of a plain model`,
          );
        }
        await makeFolder(dirname(report));
      }
      const asked = asks && isLocked ? await requireKey({}, context) : given;
      const key = isOfEnvironment && !isLocked ? undefined : asked;
      const modelOptions = await modelOptionsOf(options);
      const result = await withProgress((bar) =>
        evaluateBundle({
          ...options,
          reading: readingOf(options),
          model,
          modelOptions,
          key,
          signal: context.signal,
          onProgress: bar.listen,
          onNotice: bar.notice,
        }),
      );
      const wording = result.task === textTask ? (['lines', 'have no text'] as const) : [];
      reportSkipped(result.skipped ?? [], ...wording);
      reportOverlap(result.overlap ?? null);
      if (json) await printJson(result);
      else if ('lp' in result) await printEvaluation(result, true);
      else await printScore(result);
      // Last, so that nothing is lost where it cannot be written.
      if (report !== undefined && 'lp' in result) {
        await writeAtomic(report, await evaluationReport(result, { title: model }));
      }
    });

async function hasLock(model: string, { signal }: Context): Promise<boolean> {
  const manifest = await withProgress((bar) =>
    readManifest(model, { signal, onProgress: bar.listen }),
  );
  return Boolean(manifest?.lock);
}
