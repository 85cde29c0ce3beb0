import { Command } from '@commander-js/extra-typings';
import {
  abilities,
  inspect,
  plain,
  textTask,
  type EditorInspection,
  type Inspection,
  type ModelInspection,
} from '../../index.ts';
import { bytes } from '../amount.ts';
import {
  headsOption,
  inputSizeOption,
  labelsOption,
  meanOption,
  modelOptionsOf,
  poolingOption,
  stdOption,
} from '../model-options.ts';
import type { Context } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withProgress } from '../progress.ts';

export const inspectVerb = ({ signal }: Context) =>
  new Command('inspect')
    .description('say what a model, a bundle or an editor is, and what can be done with it')
    .argument('<reference>', 'pocket, a bundle, a folder, a file, or hf:owner/name')
    .addOption(meanOption())
    .addOption(stdOption())
    .addOption(inputSizeOption())
    .addOption(headsOption())
    .addOption(poolingOption())
    .addOption(labelsOption())
    .option('--json', 'print one JSON document')
    .action(async (reference, { json, ...options }) => {
      const modelOptions = await modelOptionsOf(options);
      const found = await withProgress((bar) =>
        inspect(reference, { modelOptions, signal, onProgress: bar.listen }),
      );
      if (json) await printJson(found);
      else {
        const text = lines(found).map(([name, value]) => `${name.padEnd(14)}${plain(value)}`);
        await print(text.join('\n'));
      }
    });

type Line = [name: string, value: string];

function lines(found: Inspection): Line[] {
  const { architecture, layout, parameters, inputs, memory } = found;
  return [
    ['architecture', architecture],
    ['layout', layout],
    ['parameters', `${parameters.toLocaleString('en')} (${bytes(memory.weights)} in float32)`],
    ...inputs.map(({ name, dtype, shape }): Line => [
      'input',
      `${name}: ${dtype} [${shape.join(', ')}]`,
    ]),
    ...(found.kind === 'editor' ? editorLines(found) : modelLines(found)),
    ...canLines(found),
    ...(found.kind === 'editor' ? [] : lockLines(found)),
  ];
}

function modelLines(found: ModelInspection): Line[] {
  const { opset, preprocessing, texts, labels, memory, notes } = found;
  const samples = texts ? `texts of ${texts.maxTokens} tokens` : 'pictures';
  const shown = labels.slice(0, 8).join(', ');
  const { run, trainingStep } = memory;
  const amounts = [
    run && `predicting ${run.batch} ${samples} about ${bytes(run.bytes)}`,
    trainingStep && `a training step of ${trainingStep.batch} about ${bytes(trainingStep.bytes)}`,
  ].filter((amount) => amount !== null);
  return [
    ...(opset === null ? [] : [['opset', String(opset)] satisfies Line]),
    ...(preprocessing ? [['preprocessing', preprocessingOf(preprocessing)] satisfies Line] : []),
    ...(texts
      ? [
          [
            'texts',
            `${texts.tokenizer}, ${texts.vocabulary.toLocaleString('en')} known, up to ${texts.maxTokens} tokens`,
          ] satisfies Line,
        ]
      : []),
    [
      'classes',
      labels.length === 0
        ? 'none'
        : `${labels.length}: ${shown}${labels.length > 8 ? ', ...' : ''}`,
    ],
    ...(amounts.length === 0 ? [] : [['memory', amounts.join(', ')] satisfies Line]),
    ...notes.map((note): Line => ['assumed', note]),
  ];
}

const words = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.values(value).map(String).join(' x ')
    : String(value);

/** The fields of a `preprocessor_config.json` that it says most by. */
function preprocessingOf(json: NonNullable<ModelInspection['preprocessing']>): string {
  const size = json['size'];
  const isShort = typeof size === 'object' && size !== null && 'shortest_edge' in size;
  const crop = json['do_center_crop'] === true ? `, the middle ${words(json['crop_size'])}` : '';
  const colours = ['image_mean', 'image_std']
    .filter((name) => Array.isArray(json[name]))
    .map(
      (name) =>
        `${name.slice('image_'.length)} ${(json[name] as number[]).map(rounded).join(', ')}`,
    );
  return [`${isShort ? 'shorter side' : 'size'} ${words(size)}${crop}`, ...colours].join('; ');
}

const rounded = (value: number): string => String(Number(value.toFixed(4)));

function editorLines({ parts, keys }: EditorInspection): Line[] {
  return [
    ...parts.map(({ name, parameters, bytes: stored }): Line => [
      name,
      `${parameters.toLocaleString('en')} parameters, ${bytes(stored)} as stored`,
    ]),
    ...keys.map(({ kind, defaults }): Line => [
      `${kind} keys`,
      Object.entries(defaults)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name} ${value ?? 'any'}`)
        .join(', '),
    ]),
  ];
}

/** What can be done, then what cannot, those of one reason together. */
function canLines({ can }: Inspection): Line[] {
  const able = abilities.filter((ability) => can[ability] === true);
  const reasons = [...new Set(abilities.map((ability) => can[ability]))].filter(
    (reason) => reason !== true,
  );
  return [
    ['can', able.length === 0 ? 'nothing of what there is here' : able.join(', ')],
    ...reasons.map((reason): Line => [
      'cannot',
      `${abilities.filter((ability) => can[ability] === reason).join(', ')}: ${reason}`,
    ]),
  ];
}

function lockLines({ manifest, kind }: ModelInspection): Line[] {
  if (kind === 'network') return [];
  return [['lock', lockOf(manifest)], ...measuredOf(manifest)];
}

function lockOf(manifest: ModelInspection['manifest']): string {
  if (!manifest?.lock) return 'none';
  const { editor, kind, edit, recipe, teacher, secret } = manifest.lock;
  const version = editor.version === null ? '' : ` version ${editor.version}`;
  return `${kind} key, editor ${editor.name}${version}, alpha ${edit.alpha}, recipe ${recipe.name}${teacher ? `, taught by ${teacher.name}` : ''}${secret ? ', with a secret' : ''}`;
}

/** What was measured when the model was made. */
function measuredOf(manifest: ModelInspection['manifest']): Line[] {
  if (!manifest?.measured) return [];
  const { task } = manifest;
  const { n, chance, baseline, lp, up } = manifest.measured;
  const scores = Object.entries({ chance, 'without a lock': baseline, LP: lp, UP: up })
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .map(([name, value]) => `${name} ${(100 * value).toFixed(1)} %`);
  return [
    ['measured', `${scores.join(', ')} (on ${n} ${task === textTask ? 'texts' : 'pictures'})`],
  ];
}
