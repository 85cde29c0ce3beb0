import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluationDocumentSchema } from '../../src/evaluate/document.ts';
import { makeWorkplace, type Workplace } from '../support/workplace.ts';

/** The package as a program imports it. */

const root = join(import.meta.dirname, '..', '..');
let place: Workplace;

beforeAll(() => {
  place = makeWorkplace();
  // As npm would have installed it.
  mkdirSync(place.at('node_modules'));
  symlinkSync(root, place.at('node_modules', 'modellock'));
  copyFileSync(place.at('photos', 'test', 'cougar', '000.jpg'), place.at('cat.jpg'));
});
afterAll(() => place.remove());

/** The first block of TypeScript in the README. */
function example(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return /^```ts\n([^]*?)^```$/m.exec(readme)![1];
}

/** What a program prints, which is JSON. */
function run(program: string): unknown {
  writeFileSync(place.at('program.mjs'), program);
  const stdout = execFileSync(process.execPath, ['program.mjs'], {
    cwd: place.folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(stdout);
}

it('does what the example in the README does', () => {
  // The same with tiny models and one epoch: it is the only place where the names that programs use,
  // the entry of package.json and the built files meet.
  const text = example()
    .replace("model: 'pocket'", "model: 'model', tuning: { epochs: 1 }")
    .replace("editor: 'pocket'", "editor: 'editor'");
  expect(text).not.toContain('pocket');
  const shown = 'console.log(JSON.stringify({ bundle, classes, scores }));\n';
  const { bundle, classes, scores } = run(`${text}${shown}`) as Record<string, unknown>;
  expect(bundle).toBe('locked');
  expect((classes as { label: string }[]).map(({ label }) => label).sort()).toEqual([
    'cougar',
    'lobster',
    'viaduct',
  ]);
  expect(evaluationDocumentSchema.parse(scores)).toMatchObject({ n: 6, metric: 'accuracy' });
  expect(place.files('locked')).toContain('onnx/model.onnx');
});

it('exports what programs may rely on, and nothing else by accident', () => {
  const names = run(
    "import * as library from 'modellock'; console.log(JSON.stringify(Object.keys(library).sort()));",
  );
  expect(names).toMatchInlineSnapshot(`
    [
      "ModelLockError",
      "abilities",
      "allTaskNames",
      "checkedKey",
      "classWeightings",
      "defaultTuning",
      "defaultTunings",
      "demo",
      "devices",
      "edit",
      "encodeKeyFile",
      "evaluateBundle",
      "evaluationReport",
      "evaluationText",
      "fileError",
      "inspect",
      "keyKinds",
      "lock",
      "makeFolder",
      "metricName",
      "newSecret",
      "openEditor",
      "overlapSentences",
      "parseKeyFile",
      "perClassText",
      "plain",
      "plainScoreText",
      "poolings",
      "precisions",
      "predict",
      "predictTexts",
      "readBytes",
      "readKey",
      "readLabels",
      "readManifest",
      "readText",
      "recipes",
      "takeFromEnvironment",
      "taskNames",
      "textTask",
      "train",
      "trainTexts",
      "tuningNamed",
      "tunings",
      "version",
      "writeAtomic",
    ]
  `);
});

it.each([
  [
    'lock',
    '{ data: "photos", model: "pocket", editor: "pocket", key: "a spell" }',
    '"key" is something else',
  ],
  ['train', '{ data: "photos", model: "pocket", out: "plain" }', '"seed" is missing'],
  [
    'edit',
    '{ editor: "pocket", key: { prompt: "a" }, inputs: "cat.jpg", out: "x" }',
    '"inputs" is something else',
  ],
  ['predict', '"cat.jpg"', '"model" is missing'],
  ['evaluateBundle', '', '"model" is missing'],
  ['trainTexts', '{}', '"data" is missing'],
  ['predictTexts', '{ model: "pocket" }', '"texts" is missing'],
])('%s says what is wrong with %s', (job, options, fault) => {
  const error = run(`import { ${job} } from 'modellock';
    const { name, code, message } = await ${job}(${options}).catch((error) => error);
    console.log(JSON.stringify({ name, code, message }));`);
  expect(error).toMatchObject({ name: 'ModelLockError', code: 'usage' });
  expect((error as Error).message).toContain(`${job}: the option ${fault} (valid: `);
});
