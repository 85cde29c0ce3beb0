import { rm } from 'node:fs/promises';
import { Command, Option } from '@commander-js/extra-typings';
import {
  encodeKeyFile,
  lock,
  ModelLockError,
  newSecret,
  parseKeyFile,
  readText,
  recipes,
  writeAtomic,
  type Key,
  type LockResult,
} from '../../index.ts';
import {
  allowSharedGroupsOption,
  backgroundOption,
  groupPatternOption,
  ignoreOption,
  imagesOption,
  lockableTaskOption,
  paletteOption,
  pictureColumnsOption,
  picturesHelp,
  positiveOption,
  readingOf,
  testShareOption,
} from '../data.ts';
import {
  alphaOption,
  editOf,
  editSizeOption,
  guidanceOption,
  imageGuidanceOption,
  oldEditSizeOption,
  stepsOption,
  strengthOption,
} from '../editing.ts';
import { requireKey, type KeyOptions } from '../key.ts';
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
import {
  deviceOption,
  editorHelp,
  editsOption,
  integer,
  keyFileHelp,
  keyHelp,
  kindOption,
  loraOption,
  modelHelp,
  number,
  precisionOption,
  type Context,
} from '../options.ts';
import { print, printEvaluation, printJson, reportOverlap, reportSkipped } from '../output.ts';
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

export const lockVerb = (context: Context) =>
  new Command('lock')
    .description('lock a model: it will work only on images edited with the key')
    .optionsGroup('The job:')
    .requiredOption('--data <dir>', picturesHelp)
    .requiredOption('--out <dir>', 'folder of the locked model')
    .option('--model <ref>', modelHelp, 'pocket')
    .option('--editor <ref>', editorHelp, 'pocket')
    .option('--test <dir>', 'test pictures, if not in the test or val side of --data')
    .option(
      '--baseline <ref>',
      'a model without a lock, to learn from and to compare with (see train)',
    )
    .addOption(lockableTaskOption())
    .option('--limit <n>', 'most pictures to train on', integer(2))
    .option('--seed <n>', 'seed of everything random', integer(0), 0)
    .option('--skip-bad', 'leave out pictures that cannot be read')
    .option('--json', 'print one JSON document')
    .option('--keep-work', 'keep the work folder, edited pictures included')
    .optionsGroup('The key:')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option(
      '--with-secret <file>',
      'add a 128-bit secret to the key; both are written to this file, or read from it if it is there',
    )
    .addOption(kindOption())
    .optionsGroup('How pictures are edited:')
    .addOption(alphaOption())
    .addOption(stepsOption())
    .addOption(guidanceOption())
    .addOption(imageGuidanceOption())
    .addOption(strengthOption())
    .addOption(editSizeOption())
    .addOption(oldEditSizeOption())
    .addOption(precisionOption())
    .addOption(loraOption())
    .addOption(editsOption())
    .addOption(deviceOption())
    .optionsGroup('How the lock is taught:')
    .addOption(
      new Option('--recipe <name>', 'how the locked set is put together')
        .choices(Object.keys(recipes))
        .default('hardened'),
    )
    .addOption(tuningOption())
    .option(
      '--epochs <n>',
      'passes over the pictures (default: 14, or more where there are few pictures)',
      number(0.01, 10_000),
    )
    .option('--learning-rate <x>', 'peak learning rate', number(1e-8, 10))
    .option('--batch <n>', 'pictures of a step', integer(1, 4096))
    .option('--accumulate <n>', accumulateHelp, integer(1, 4096))
    .option('--gradient-checkpointing', gradientCheckpointingHelp)
    .option('--freeze <what>', freezeHelp, freeze)
    .addOption(classWeightsOption())
    .option('--checkpoint-seconds <x>', 'time between checkpoints', number(0, 86_400), 20)
    .optionsGroup('What the data does not say:')
    .addOption(imagesOption())
    .addOption(pictureColumnsOption())
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
    .action(async (options) => {
      const { key, isNew } = await keyOf(options, context);
      const { kind, precision, device, edits } = options;
      const { data, out, model, editor, test, baseline, recipe, limit, seed, skipBad, keepWork } =
        options;
      const sizes = inputSizesOf(options);
      const modelOptions = await modelOptionsOf({ ...options, inputSize: sizes.size });
      await withProgress((bar) =>
        lock({
          modelOptions,
          data,
          reading: readingOf(options),
          testShare: options.testShare,
          allowSharedGroups: options.allowSharedGroups,
          positive: options.positive,
          task: options.task,
          inputSize: sizes.inputSize,
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
          kind,
          precision,
          loras: options.lora,
          device,
          edits,
          edit: editOf(options),
          tuning: tuningOf(options),
          checkpointSeconds: options.checkpointSeconds,
          signal: context.signal,
          onProgress: bar.listen,
          onNotice: bar.notice,
          onResult: (result) => {
            bar.stop();
            return show(result, options.json);
          },
        }),
      ).catch(async (error: unknown) => {
        // Nothing was locked with a key that is refused, and the next try is with another one.
        const refused = error instanceof ModelLockError && error.code === 'key';
        if (refused && isNew) await rm(options.withSecret!, { force: true });
        throw error;
      });
    });

async function show(result: LockResult, json: true | undefined): Promise<void> {
  const { evaluation, bundle, images, aliases, skipped, overlap } = result;
  reportSkipped(skipped);
  reportOverlap(overlap);
  if (json) {
    await printJson({ ...evaluation, bundle, images, aliases, skipped, overlap });
    return;
  }
  if (aliases > 0) {
    await print(`${aliases} wrong prompts edit like the key and will unlock as well.`);
  }
  if (evaluation) await printEvaluation(evaluation);
  await print(`Locked with ${images} pictures: ${bundle}`);
}

interface LockKeyOptions extends KeyOptions {
  readonly withSecret?: string | undefined;
}

interface LockKey {
  readonly key: Key;
  /** Whether it was written down just now, with a secret that nothing has been locked with. */
  readonly isNew: boolean;
}

/** The key as given; with --with-secret a secret is added and both are written down first. */
async function keyOf(options: LockKeyOptions, context: Context): Promise<LockKey> {
  const key = await requireKey(options, context, { twice: true });
  if (options.withSecret === undefined) return { key, isNew: false };
  if (key.secret) throw new ModelLockError('usage', 'the key file has a secret already');
  const known = await keyFileIfAny(options.withSecret);
  if (known === undefined) {
    const whole = { ...key, secret: newSecret() };
    await writeAtomic(options.withSecret, encodeKeyFile(whole), 0o600);
    return { key: whole, isNew: true };
  }
  // Run again after an interruption, a lock goes on with the secret that it began with; and what
  // opens another model is never overwritten.
  if (known.secret && known.prompt === key.prompt) return { key: known, isNew: false };
  throw new ModelLockError(
    'key',
    `${options.withSecret} is there already and holds another key; choose another file`,
  );
}

async function keyFileIfAny(path: string): Promise<Key | undefined> {
  try {
    return parseKeyFile(await readText(path), path);
  } catch (error) {
    if (error instanceof ModelLockError && error.code === 'not-found') return undefined;
    throw error;
  }
}
