import { int64, type Tensor } from '../../tensor/tensor.ts';

/** Texts as a text classifier takes them. */
export interface TextBatch {
  /** int64 [B, T], filled up with the pad token. */
  readonly ids: Tensor<'int64'>;
  /** int64 [B, T], 1 for tokens and 0 for padding. */
  readonly mask: Tensor<'int64'>;
}

/**
 * The length that `count` tokens are padded to: a multiple of `multiple`, but never more than `most`.
 * Few different lengths are few different graphs.
 */
export function paddedLength(count: number, multiple: number, most: number): number {
  return Math.min(most, Math.max(1, Math.ceil(count / multiple)) * multiple);
}

/**
 * Puts encoded texts into one batch.
 *
 * @param texts ids of each text, no more than `length`.
 * @param pad id of the token that fills up.
 * @param rows rows of the batch; those beyond the texts repeat the first. Default: one a text.
 */
export function textBatch(
  texts: readonly (readonly number[])[],
  length: number,
  pad: number,
  rows: number = texts.length,
): TextBatch {
  const all = Array.from({ length: rows }, (_, row) => texts[row] ?? texts[0]);
  const filled = (text: readonly number[], by: number): number[] => [
    ...text,
    ...Array<number>(length - text.length).fill(by),
  ];
  const shape = [rows, length];
  return {
    ids: int64(
      shape,
      all.flatMap((text) => filled(text, pad)),
    ),
    mask: int64(
      shape,
      all.flatMap((text) =>
        filled(
          text.map(() => 1),
          0,
        ),
      ),
    ),
  };
}
