import type { JobOptions } from '../../base/job.ts';
import { unitsText } from '../hold-back.ts';
import { splitByGroup } from '../splits.ts';
import type { LabelledText } from './read-texts.ts';

/**
 * Splits texts that nobody split, so that no group and no text is on both sides: the same for the same
 * texts and seed. Groups that have a text in common stay together. Says by what it is split.
 *
 * @param share of the texts to test with, above 0 and below 1.
 * Throws `data` where fewer than two parts can be told apart.
 */
export function holdBackTexts(
  samples: readonly LabelledText[],
  share: number,
  seed: number,
  { onNotice }: Pick<JobOptions, 'onNotice'> = {},
): { readonly train: readonly LabelledText[]; readonly test: readonly LabelledText[] } {
  const names = partNames(samples);
  const items = samples.map((sample, i) => ({ sample, label: sample.label, path: names[i] }));
  const fractions = { train: 1 - share, val: 0, test: share };
  const { train, test } = splitByGroup(items, { fractions, seed });
  onNotice?.(
    `${test.length} of ${samples.length} texts are held back: ${unitsText(samples, 'text')}`,
  );
  return { train: train.map(({ sample }) => sample), test: test.map(({ sample }) => sample) };
}

/** Of each text the first of all that it is tied to, by a group or by its own words, directly or not. */
function partNames(samples: readonly LabelledText[]): string[] {
  const parents = new Map<string, string>();
  const rootOf = (text: string): string => {
    let root = text;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    if (root !== text) parents.set(text, root);
    return root;
  };
  const firstOf = new Map<string, string>();
  for (const { group, text } of samples) {
    if (group === undefined) continue;
    const [first, second] = [rootOf(firstOf.get(group) ?? text), rootOf(text)].sort();
    firstOf.set(group, first);
    if (first !== second) parents.set(second, first);
  }
  return samples.map(({ text }) => rootOf(text));
}
