import { Command } from '@commander-js/extra-typings';
import { inspect, type Inspection } from '../../index.ts';
import { printJson } from '../output.ts';

export const inspectVerb = () =>
  new Command('inspect')
    .description('say what a model or a bundle is')
    .argument('<model>', 'pocket, a bundle, or a folder of transformers')
    .option('--json', 'print one JSON document')
    .action(async (model, { json }) => {
      const found = await inspect(model);
      if (json) printJson(found);
      else for (const [name, value] of lines(found)) console.log(`${name.padEnd(14)}${value}`);
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
  ];
}

function lockOf(manifest: Inspection['manifest']): string {
  if (!manifest?.lock) return 'none';
  const { editor, edit, recipe, secret } = manifest.lock;
  const version = editor.version === null ? '' : ` version ${editor.version}`;
  return `editor ${editor.name}${version}, alpha ${edit.alpha}, recipe ${recipe.name}${secret ? ', with a secret' : ''}`;
}
