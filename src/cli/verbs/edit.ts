import { Command } from '@commander-js/extra-typings';
import { edit } from '../../index.ts';
import { requireKey } from '../key.ts';
import {
  given,
  integer,
  keyFileHelp,
  keyHelp,
  kindOption,
  number,
  strengthHelp,
  type Context,
} from '../options.ts';
import { print, printJson, reportSkipped } from '../output.ts';
import { withProgress } from '../progress.ts';

export const editVerb = (context: Context) =>
  new Command('edit')
    .description('apply the key to pictures: a preview, or a set to keep')
    .argument('<pictures...>', 'picture files, or folders with pictures in them and below')
    .requiredOption('--out <dir>', 'folder to be made for the edited pictures')
    .option('--editor <ref>', 'editor: pocket, a diffusers folder, or hf:owner/name', 'pocket')
    .addOption(kindOption())
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option(
      '--alpha <x>',
      "strength of the edit, 0 to 1; the editor's own without it",
      number(0, 1),
    )
    .option('--steps <n>', 'denoising steps', integer(1, 1000))
    .option('--guidance <x>', 'text guidance', number(1, 100))
    .option('--image-guidance <x>', 'image guidance', number(0, 100))
    .option('--strength <x>', strengthHelp, number(0, 1))
    .option('--size <n>', "pictures' short side while they are edited", integer(8, 4096))
    .option(
      '--show-mask',
      'also write where an object key paints, NAME.mask.png beside each picture',
    )
    .option('--skip-bad', 'leave out pictures that cannot be read')
    .option('--json', 'print one JSON document')
    .action(async (inputs, options) => {
      const key = await requireKey(options, context);
      const { alpha, steps, guidance, imageGuidance, strength, size } = options;
      const { out, editor, kind, showMask, skipBad, json } = options;
      await withProgress((bar) =>
        edit({
          inputs,
          out,
          editor,
          key,
          skipBad,
          kind,
          showMask,
          edit: given({ alpha, steps, guidance, imageGuidance, strength, size }),
          signal: context.signal,
          onProgress: bar.listen,
          onResult: async (result) => {
            bar.stop();
            reportSkipped(result.skipped);
            if (json) await printJson(result);
            else await print(`Edited ${result.images} pictures: ${result.out}`);
          },
        }),
      );
    });
