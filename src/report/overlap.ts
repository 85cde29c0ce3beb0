import { sharedGroupsText, type Overlap } from '../data/overlap.ts';

/** What a reader of a score must know of its test set, in a sentence each; none where all is well. */
export function overlapSentences({ duplicates, groups }: Overlap): string[] {
  const copies = duplicates.flatMap(({ files }) => files.filter(({ side }) => side === 'test'));
  return [
    ...(groups.count > 0
      ? [`${sharedGroupsText(groups)}, so the score says little about new ones`]
      : []),
    ...(copies.length > 0
      ? [
          `${copies.length} of the test pictures are training pictures as well, so the score promises too much`,
        ]
      : []),
  ];
}
