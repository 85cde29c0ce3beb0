import { Command } from '@commander-js/extra-typings';
import { textTask, train, type TrainResult } from '../../index.ts';
import {
  allowSharedGroupsOption,
  backgroundOption,
  columnsOption,
  dataHelp,
  groupPatternOption,
  ignoreOption,
  imagesOption,
  paletteOption,
  positiveOption,
  readingOf,
  taskOption,
  testShareOption,
} from '../data.ts';
import { maxTokensOption, requireNoTexts, trainOnTexts } from '../texts.ts';
import {
  headsOption,
  inputSizeOption,
  inputSizesOf,
  labelsOption,
  meanOption,
  modelOptionsOf,
  poolingOption,
  stdOption,
} from '../model-options.ts';
import { integer, modelHelp, number, type Context } from '../options.ts';
import { printJson, printTraining, reportOverlap, reportSkipped } from '../output.ts';
import { withProgress } from '../progress.ts';
import {
  accumulateHelp,
  classWeightsOption,
  freeze,
  freezeHelp,
  gradientCheckpointingHelp,
  tuningOf,
  tuningOption,
} from '../tuning.ts';
import { axisOption, fillOption, slicesOption, volumeOption, windowOption } from '../viewing.ts';

export const trainVerb = ({ signal }: Context) =>
  new Command('train')
    .description('fine-tune a model without a lock, to compare with')
    .optionsGroup('The job:')
    .requiredOption('--data <dir>', dataHelp)
    .requiredOption('--out <dir>', 'folder of the new model')
    .option('--model <ref>', modelHelp, 'pocket')
    .option('--test <dir>', 'test pictures or texts, if not in the test or val side of --data')
    .addOption(taskOption())
    .option('--limit <n>', 'most pictures or texts to train on', integer(2))
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--skip-bad', 'leave out pictures that cannot be read, and lines without a text')
    .option('--json', 'print one JSON document')
    .optionsGroup('How it is trained:')
    .addOption(tuningOption())
    .option(
      '--epochs <n>',
      'passes over the pictures or texts (default: 14, or more where there are few pictures; of texts 3)',
      number(0.01, 10_000),
    )
    .option('--learning-rate <x>', 'peak learning rate', number(1e-8, 10))
    .option('--batch <n>', 'pictures or texts of a step', integer(1, 4096))
    .option('--accumulate <n>', accumulateHelp, integer(1, 4096))
    .option('--gradient-checkpointing', gradientCheckpointingHelp)
    .option('--freeze <what>', freezeHelp, freeze)
    .addOption(classWeightsOption())
    .option('--from-scratch', "begin with random weights instead of the model's")
    .option('--checkpoint-seconds <x>', 'time between checkpoints', number(0, 86_400), 20)
    .addOption(maxTokensOption())
    .optionsGroup('What the data does not say:')
    .addOption(imagesOption())
    .addOption(columnsOption())
    .addOption(paletteOption())
    .addOption(ignoreOption())
    .addOption(backgroundOption())
    .addOption(groupPatternOption())
    .addOption(testShareOption())
    .addOption(allowSharedGroupsOption())
    .addOption(positiveOption())
    .addOption(axisOption())
    .addOption(volumeOption())
    .addOption(slicesOption())
    .addOption(windowOption())
    .addOption(fillOption())
    .optionsGroup('What the model does not say:')
    .addOption(inputSizeOption())
    .addOption(meanOption())
    .addOption(stdOption())
    .addOption(headsOption())
    .addOption(poolingOption())
    .addOption(labelsOption())
    .optionsGroup('Other options:')
    .action(async ({ json, task, ...options }) => {
      if (task === textTask) return trainOnTexts({ ...options, json, signal });
      requireNoTexts(options);
      const { inputSize, size } = inputSizesOf({ ...options, task });
      const modelOptions = await modelOptionsOf({ ...options, inputSize: size });
      await withProgress((bar) =>
        train({
          ...options,
          task,
          modelOptions,
          inputSize,
          reading: readingOf(options),
          tuning: tuningOf(options),
          signal,
          onProgress: bar.listen,
          onNotice: bar.notice,
          onResult: (result) => {
            bar.stop();
            return show(result, json);
          },
        }),
      );
    });

async function show(result: TrainResult, json: true | undefined): Promise<void> {
  reportSkipped(result.skipped);
  reportOverlap(result.overlap);
  if (json) {
    await printJson(result);
    return;
  }
  await printTraining(`${result.images} pictures`, result);
}
