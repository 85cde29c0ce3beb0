import { Command } from '@commander-js/extra-typings';
import { edit } from '../../index.ts';
import { requireKey } from '../key.ts';
import { given, integer, keyFileHelp, keyHelp, number, type Context } from '../options.ts';
import { printJson } from '../output.ts';
import { ProgressBar } from '../progress.ts';

export const editVerb = ({ signal }: Context) =>
  new Command('edit')
    .description('apply the key to pictures')
    .argument('<pictures...>', 'files, or folders of class folders')
    .requiredOption('--out <dir>', 'folder of the edited pictures')
    .option('--editor <ref>', 'editor: pocket, or a diffusers folder', 'pocket')
    .option('--key-file <file>', keyFileHelp)
    .option('--key <prompt>', keyHelp)
    .option('--alpha <x>', 'strength of the edit', number(0, 1))
    .option('--steps <n>', 'denoising steps', integer(1, 1000))
    .option('--guidance <x>', 'text guidance', number(1, 100))
    .option('--image-guidance <x>', 'image guidance', number(0, 100))
    .option('--size <n>', "pictures' short side while they are edited", integer(8, 4096))
    .option('--json', 'print one JSON document')
    .action(async (inputs, options) => {
      const key = await requireKey(options);
      const { out, editor, alpha, steps, guidance, imageGuidance, size, json } = options;
      const bar = new ProgressBar();
      try {
        const result = await edit({
          inputs,
          out,
          editor,
          key,
          edit: given({ alpha, steps, guidance, imageGuidance, size }),
          signal,
          onProgress: bar.listen,
        });
        bar.stop();
        if (json) printJson(result);
        else {
          const kept = result.kept > 0 ? `, ${result.kept} were there already` : '';
          console.log(`Edited ${result.written} pictures${kept}: ${result.out}`);
        }
      } finally {
        bar.stop();
      }
    });
