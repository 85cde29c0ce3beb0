import { Command } from '@commander-js/extra-typings';
import { inspect, plain, type Inspection } from '../../index.ts';
import type { Context } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withProgress } from '../progress.ts';

export const inspectVerb = ({ signal }: Context) =>
  new Command('inspect')
    .description('say what a model or a bundle is')
    .argument('<model>', 'pocket, a bundle, a folder of transformers, or hf:owner/name')
    .option('--json', 'print one JSON document')
    .action(async (model, { json }) => {
      const found = await withProgress((bar) => inspect(model, { signal, onProgress: bar.listen }));
      if (json) await printJson(found);
      else {
        const text = lines(found).map(([name, value]) => `${name.padEnd(14)}${plain(value)}`);
        await print(text.join('\n'));
      }
    });

function lines({
  architecture,
  parameters,
  bytes,
  input,
  labels,
  manifest,
}: Inspection): [string, string][] {
  const shown = labels.slice(0, 8).join(', ');
  return [
    ['architecture', architecture],
    [
      'parameters',
      `${parameters.toLocaleString('en')} (${(bytes / 1e6).toFixed(1)} MB in float32)`,
    ],
    ['input', `${input.channels} x ${input.height} x ${input.width}`],
    ['classes', `${labels.length}: ${shown}${labels.length > 8 ? ', ...' : ''}`],
    ['lock', lockOf(manifest)],
    ...measuredOf(manifest),
  ];
}

function lockOf(manifest: Inspection['manifest']): string {
  if (!manifest?.lock) return 'none';
  const { editor, kind, edit, recipe, secret } = manifest.lock;
  const version = editor.version === null ? '' : ` version ${editor.version}`;
  return `${kind} key, editor ${editor.name}${version}, alpha ${edit.alpha}, recipe ${recipe.name}${secret ? ', with a secret' : ''}`;
}

/** What was measured when the model was made. */
function measuredOf(manifest: Inspection['manifest']): [string, string][] {
  if (!manifest?.measured) return [];
  const { n, chance, baseline, lp, up } = manifest.measured;
  const scores = Object.entries({ chance, 'without a lock': baseline, LP: lp, UP: up })
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .map(([name, value]) => `${name} ${(100 * value).toFixed(1)} %`);
  return [['measured', `${scores.join(', ')} (on ${n} pictures)`]];
}
