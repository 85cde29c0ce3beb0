import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyPhotographs } from '../../tests/support/photographs.ts';
import { writeTinyClassifier, writeTinyEditor } from '../../tests/support/tiny-models.ts';
import { evaluationDocumentSchema } from '../evaluate/document.ts';
import { demoOf, type DemoParts } from './demo.ts';

let root: string;
let parts: DemoParts;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-test-'));
  const at = (name: string): string => join(root, name);
  writeTinyClassifier(at('model'));
  writeTinyEditor(at('editor'));
  copyPhotographs(at('photos/train'), 4);
  copyPhotographs(at('photos/test'), 2, { part: 'test' });
  parts = {
    data: at('photos'),
    model: at('model'),
    editor: at('editor'),
    limit: 100,
    epochs: 1,
    decoyImages: 3,
  };
});
afterAll(() => rm(root, { recursive: true }));

it('trains both models, evaluates, shows it on a page, and does nothing twice', async () => {
  const stages = new Set<string>();
  const out = join(root, 'demo');
  const options = { out, onProgress: ({ stage }: { stage: string }) => stages.add(stage) };
  const { evaluation, report, bundle } = await demoOf(parts, options);
  expect(evaluationDocumentSchema.parse(evaluation)).toMatchObject({ n: 6 });
  expect(evaluation.baseline).not.toBeNull();
  expect([...stages]).toEqual(
    expect.arrayContaining(['train a plain model', 'edit', 'train the locked model', 'evaluate']),
  );
  expect((await stat(join(bundle, 'modellock.json'))).isFile()).toBe(true);

  const page = await readFile(report, 'utf8');
  // Three classes: as it is, with the key, with two wrong ones.
  expect(page.match(/src="data:image\/png/g)).toHaveLength(3 * 4);
  for (const heading of ['“as a stained glass window”', 'word changed']) {
    expect(page).toContain(heading);
  }

  stages.clear();
  expect((await demoOf(parts, options)).evaluation).toEqual(evaluation);
  expect([...stages]).toEqual([]);

  // As if it had been killed when both models were there.
  const document = await readFile(join(out, 'evaluation.json'));
  await rm(join(out, 'evaluation.json'));
  await demoOf(parts, options);
  expect(await readFile(join(out, 'evaluation.json'))).toEqual(document);
});
