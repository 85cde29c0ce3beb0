import { Command } from '@commander-js/extra-typings';
import { plain, predict } from '../../index.ts';
import { requireKey } from '../key.ts';
import {
  headsOption,
  labelsOption,
  meanOption,
  modelOptionsOf,
  poolingOption,
  sizeOption,
  squareOf,
  stdOption,
} from '../model-options.ts';
import { deviceOption, integer, keyFileHelp, keyHelp, type Context } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withProgress } from '../progress.ts';
import { axisOption, fillOption, slicesOption, viewingOf, windowOption } from '../viewing.ts';

export const predictVerb = (context: Context) =>
  new Command('predict')
    .description('say what a model sees in pictures')
    .argument('<model>', 'a bundle, or any classifier or segmenter')
    .argument(
      '<pictures...>',
      'picture files, DICOM files, NIfTI volumes or slices of them: scan.nii.gz#42',
    )
    .option('--unlock', 'edit the pictures with the key first')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option('--editor <ref>', 'where the editor is, if not where the bundle says')
    .addOption(deviceOption())
    .addOption(meanOption())
    .addOption(stdOption())
    .addOption(sizeOption())
    .addOption(headsOption())
    .addOption(poolingOption())
    .addOption(labelsOption())
    .addOption(axisOption())
    .addOption(slicesOption())
    .addOption(windowOption())
    .addOption(fillOption())
    .option('--top <n>', 'classes to list for each picture', integer(1), 3)
    .option('--out <dir>', 'also write masks and overlays of what a segmenter sees')
    .option('--json', 'print one JSON document')
    .action(async (model, images, { unlock, editor, device, top, out, json, ...given }) => {
      const modelOptions = await modelOptionsOf({ ...given, size: squareOf(given.inputSize) });
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
      for (const { image, classes } of predictions) {
        const list = classes.map(({ label, probability }) => `${label} ${percent(probability)}`);
        await print(plain(`${image}: ${list.join(', ')}`));
      }
    });

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
