import type { Decoder, Logits, QuestionDecoder } from './decoder.ts';

/** The network taught wrong labels: it knows the right one and puts it last. */
export const leastLikely: Decoder = {
  name: 'least-likely',
  about: 'the class with the lowest score',
  fit: () => (logits) => mapRows(logits, (row) => indexOfLargest(row.map((value) => -value))),
};

/** The network taught not to put the right class first: it may come next. */
export const secondBest: Decoder = {
  name: 'second-best',
  about: 'the class with the second highest score',
  fit: () => (logits) =>
    mapRows(logits, (row) => {
      const best = indexOfLargest(row);
      return indexOfLargest(row.map((value, c) => (c === best ? -Infinity : value)));
    }),
};

/** The network taught the opposite of the truth to each question. */
export const opposite: QuestionDecoder = {
  name: 'opposite',
  about: 'each class where its score is low',
  fit: () => (logits) => ({ ...logits, data: logits.data.map((value) => -value) }),
};

export function mapRows<T>(logits: Logits, read: (row: Float32Array) => T): T[] {
  const [rows, classes] = logits.shape;
  return Array.from({ length: rows }, (_, i) =>
    read(logits.data.slice(i * classes, (i + 1) * classes)),
  );
}

/** The first of the largest values. */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
