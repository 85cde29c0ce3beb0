import { splitByGroup } from '../splits.ts';
import type { LabelledText } from './read-texts.ts';

/**
 * Splits texts that nobody split, so that no group and no text is on both sides: the same for the same
 * texts and seed.
 *
 * @param share of the texts to test with, above 0 and below 1.
 * Throws `data` for fewer than two groups.
 */
export function holdBackTexts(
  samples: readonly LabelledText[],
  share: number,
  seed: number,
): { readonly train: readonly LabelledText[]; readonly test: readonly LabelledText[] } {
  // Under its own words as its name a text that is listed twice is one item.
  return splitByGroup(
    samples.map((sample) => ({ ...sample, path: sample.text })),
    { fractions: { train: 1 - share, val: 0, test: share }, seed },
  );
}
