import { Command } from '@commander-js/extra-typings';
import { ModelLockError, predict } from '../../index.ts';
import { requireKey } from '../key.ts';
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
import { classList, print, printJson } from '../output.ts';
import { withProgress } from '../progress.ts';
import { predictOfTexts, textOption, textsOption } from '../texts.ts';
import {
  axisOption,
  fillOption,
  slicesOption,
  viewingOf,
  volumeOption,
  windowOption,
} from '../viewing.ts';

export const predictVerb = (context: Context) =>
  new Command('predict')
    .description('say what a model sees in pictures, or reads in texts')
    .argument('<model>', 'a bundle, or any classifier or segmenter')
    .argument(
      '[pictures...]',
      'picture files, or folders with pictures in them and below; DICOM files, NIfTI volumes or slices of them: scan.nii.gz#42',
    )
    .optionsGroup('The job:')
    .addOption(textOption())
    .addOption(textsOption())
    .option('--top <n>', 'classes to list for each picture or text', integer(1), 3)
    .option('--out <dir>', 'also write masks and overlays of what a segmenter sees')
    .option('--json', 'print one JSON document')
    .optionsGroup('The key:')
    .option('--unlock', 'edit the pictures with the key first')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option('--editor <ref>', 'where the editor is, if not where the bundle says')
    .addOption(editsOption())
    .addOption(deviceOption())
    .optionsGroup('What the pictures do not say:')
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
    .action(async (model, images, options) => {
      if (options.text ?? options.texts) {
        requireNoPictures(images);
        return predictOfTexts(model, options, context.signal);
      }
      requirePictures(images);
      const { unlock, editor, edits, device, top, out, json, ...given } = options;
      const modelOptions = await modelOptionsOf(given);
      const wanted = unlock || given.key !== undefined || given.keyFile !== undefined;
      const key = wanted ? await requireKey(given, context) : undefined;
      const predictions = await withProgress((bar) =>
        predict({
          model,
          modelOptions,
          images,
          viewing: viewingOf(given),
          key,
          editor,
          edits,
          device,
          top,
          out,
          signal: context.signal,
          onProgress: bar.listen,
          onNotice: bar.notice,
        }),
      );
      if (json) {
        await printJson(predictions);
        return;
      }
      for (const { image, classes } of predictions) await print(classList(image, classes));
    });

function requirePictures(images: readonly string[]): void {
  if (images.length > 0) return;
  throw new ModelLockError('usage', 'there is nothing to look at', {
    valid: ['picture files', '--text', '--texts'],
  });
}

function requireNoPictures([picture]: readonly string[]): void {
  if (picture === undefined) return;
  throw new ModelLockError('usage', `texts and the picture ${picture} go to different models`);
}
