import { Command } from '@commander-js/extra-typings';
import { edit, type EditJobResult } from '../../index.ts';
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
import { requireKey } from '../key.ts';
import {
  deviceOption,
  editorHelp,
  keyFileHelp,
  keyHelp,
  kindOption,
  loraOption,
  precisionOption,
  type Context,
} from '../options.ts';
import { print, printJson, reportSkipped } from '../output.ts';
import { withProgress } from '../progress.ts';
import {
  axisOption,
  fillOption,
  slicesOption,
  viewingOf,
  volumeOption,
  windowOption,
} from '../viewing.ts';

export const editVerb = (context: Context) =>
  new Command('edit')
    .description('apply the key to pictures: a preview, or a set to keep')
    .argument(
      '<pictures...>',
      'picture files, or folders with pictures in them and below; DICOM files, NIfTI volumes or slices of them',
    )
    .requiredOption('--out <dir>', 'folder to be made for the edited pictures')
    .option('--editor <ref>', editorHelp, 'pocket')
    .addOption(kindOption())
    .addOption(precisionOption())
    .addOption(loraOption())
    .addOption(deviceOption())
    .addOption(axisOption())
    .addOption(volumeOption())
    .addOption(slicesOption())
    .addOption(windowOption())
    .addOption(fillOption())
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .addOption(alphaOption())
    .addOption(stepsOption())
    .addOption(guidanceOption())
    .addOption(imageGuidanceOption())
    .addOption(strengthOption())
    .addOption(editSizeOption())
    .addOption(oldEditSizeOption())
    .option(
      '--show-mask',
      'also write where an object key paints, NAME.mask.png beside each picture',
    )
    .option('--no-compare', 'do not edit some pictures in float32, too, to see what int8 loses')
    .option('--skip-bad', 'leave out pictures that cannot be read')
    .option('--json', 'print one JSON document')
    .action(async (inputs, options) => {
      const key = await requireKey(options, context);
      const { out, editor, kind, precision, device, compare, showMask, skipBad, json } = options;
      await withProgress((bar) =>
        edit({
          inputs,
          viewing: viewingOf(options),
          out,
          editor,
          key,
          skipBad,
          kind,
          precision,
          loras: options.lora,
          device,
          compare,
          showMask,
          edit: editOf(options),
          signal: context.signal,
          onProgress: bar.listen,
          onNotice: bar.notice,
          onResult: async (result) => {
            bar.stop();
            reportSkipped(result.skipped);
            if (json) await printJson(result);
            else await print(summary(result));
          },
        }),
      );
    });

function summary({ images, out, fidelity }: EditJobResult): string {
  const lines = [`Edited ${images} pictures: ${out}`];
  if (fidelity) {
    const { psnr, images: compared } = fidelity;
    const ratio = psnr === null ? 'none, they are the same' : `${psnr.toFixed(1)} dB`;
    lines.push(`PSNR to float32: ${ratio}, ${compared} pictures compared`);
  }
  return lines.join('\n');
}
