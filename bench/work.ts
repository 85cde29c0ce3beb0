/** Something to be timed. */
export interface Work {
  /** Floating-point operations of its matrix products and convolutions. */
  readonly flops: number;
  /** Some numbers of the result, where there is one to be compared. */
  once(): Promise<readonly number[] | undefined>;
}
