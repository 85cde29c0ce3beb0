import { confusionMatrix, truthCounts, type ConfusionMatrix } from '../../metrics/confusion.ts';
import { assign } from '../../metrics/hungarian.ts';
import type { Decoder } from './decoder.ts';
import { indexOfLargest, mapRows } from './ranks.ts';

/** The model confuses classes in a fixed manner: the best permutation sets them right. */
export const oneToOneMapping: Decoder = mapping(
  'one-to-one-mapping',
  'the best renaming of the predicted classes',
  ({ classes, counts }) => {
    // counts: [C truth, C guess]; the assignment gives each truth a guess of its own.
    const { rows, columns } = assign(counts, [classes, classes], { maximise: true });
    const truthOf: number[] = [];
    rows.forEach((truth, i) => (truthOf[columns[i]] = truth));
    return truthOf;
  },
);

/** Each predicted class stands for the class that it most often is. */
export const manyToOneMapping: Decoder = mapping(
  'many-to-one-mapping',
  'the most frequent true class behind each predicted one',
  (matrix) => {
    const { classes, counts } = matrix;
    const commonest = indexOfLargest(truthCounts(matrix));
    return Array.from({ length: classes }, (_, guess) => {
      const truths = Float64Array.from(
        { length: classes },
        (_unused, truth) => counts[truth * classes + guess],
      );
      return truths.some((count) => count > 0) ? indexOfLargest(truths) : commonest;
    });
  },
);

/** A decoder that renames the predicted classes. */
function mapping(
  name: string,
  about: string,
  learn: (matrix: ConfusionMatrix) => readonly number[],
): Decoder {
  return {
    name,
    about,
    fit: (logits, labels) => {
      const [, classes] = logits.shape;
      const guesses = mapRows(logits, indexOfLargest);
      const truthOf = learn(confusionMatrix(labels, guesses, classes));
      return (others) => mapRows(others, (row) => truthOf[indexOfLargest(row)]);
    },
  };
}
