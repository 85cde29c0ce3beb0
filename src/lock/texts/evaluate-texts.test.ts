import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluateTexts, type EvaluateTextsOptions } from './evaluate-texts.ts';

const model = join(import.meta.dirname, '../../nn/models/fixtures/bert');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'evaluate-texts-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What is said of a table of texts while a model is scored on it. */
async function notices(
  lines: readonly string[],
  options: Partial<EvaluateTextsOptions> = {},
): Promise<string[]> {
  const data = join(root, 'texts.csv');
  await writeFile(data, lines.join('\n'));
  const said: string[] = [];
  await evaluateTexts({ model, data, seed: 1, onNotice: (text) => said.push(text), ...options });
  return said;
}

describe('evaluateTexts', () => {
  const table = [
    'text,label,split,group',
    'the film was good,LABEL_0,train,a',
    'the actor was dull,LABEL_1,train,b',
    'the film was good,LABEL_0,test,c',
    'a story,LABEL_2,test,b',
    'the end,LABEL_1,test,b',
  ];

  it('says what the training side of the same file has as well', async () => {
    expect(await notices(table)).toEqual([
      '1 group (such as a patient) is on both sides of the split, with 1 training and 2 test texts, so the score says little about new ones',
      '1 of the 3 test texts are training texts as well, so the score promises too much',
    ]);
  });

  it('says nothing where nothing is known, or both sides have nothing in common', async () => {
    expect(await notices([...table.slice(0, 2), ...table.slice(4)])).toEqual([]);
    const unsplit = table.map((line) => line.split(',').slice(0, 2).join(','));
    expect(await notices(unsplit)).toEqual([]);
  });

  it('says by what a share is held back', async () => {
    const unsplit = table.map((line) => line.split(',').slice(0, 2).join(','));
    expect(await notices(unsplit, { testShare: 0.5 })).toEqual([
      '2 of 5 texts are held back: no groups, such as patients, are known, and each text is its own',
    ]);
  });
});
