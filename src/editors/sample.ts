/** What editors, caches and locked sets must know of a kind of sample. */
export interface SampleKind<Sample> {
  readonly name: string;
  /** All of the sample's content, nothing else: equal samples have equal bytes. */
  encode(sample: Sample): Uint8Array;
  /** What `encode` wrote. Throws `corrupt`, naming `where`. */
  decode(bytes: Uint8Array, where: string): Sample;
  /**
   * (1 - alpha) sample + alpha edited, rounded as the kind requires. Strength 0 gives the sample,
   * 1 the edit, exactly.
   */
  mix(sample: Sample, edited: Sample, alpha: number): Sample;
}
