import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { readText } from '../platform/files.ts';

const list = z.array(z.string());
/** Names by number, as `id2label` of transformers and ImageNet's class index have them. */
const numbered = z.record(z.string(), z.union([z.string(), z.tuple([z.string(), z.string()])]));

/**
 * The names of a model's classes, in the order of its logits: a line each, or JSON, a list or an
 * object by number. Throws `data` for a file without names, and for a name that is there twice.
 */
export async function readLabels(path: string): Promise<string[]> {
  const text = await readText(path);
  const labels = (/^\s*[[{]/.test(text) ? parsed(text, path) : lines(text)).map((label) =>
    label.normalize('NFC'),
  );
  if (labels.length === 0) throw new ModelLockError('data', `${path} has no names of classes`);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice === undefined) return labels;
  throw new ModelLockError('data', `${path} has the name "${twice}" twice`);
}

const lines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

function parsed(text: string, path: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelLockError('data', `${path} begins like JSON and is none`, { cause: error });
  }
  const names = list.safeParse(json);
  if (names.success) return names.data;
  const byNumber = numbered.safeParse(json);
  const entries = byNumber.success ? byNumber.data : {};
  const count = Object.keys(entries).length;
  if (count > 0 && Array.from({ length: count }, (_, i) => entries[String(i)]).every(Boolean)) {
    // Of ["n01440764", "tench"] the second is what people call it.
    return Array.from({ length: count }, (_, i) => [entries[String(i)]].flat().at(-1)!);
  }
  throw new ModelLockError('data', `${path} has no names of classes`, {
    valid: ['["cat", "dog"]', '{"0": "cat", "1": "dog"}', 'a name on each line'],
  });
}
