/** Puts sentences in a row and keeps numbers on the line of their unit, by no-break spaces. */
export function prose(...sentences: readonly string[]): string {
  return sentences.join(' ').replaceAll(/(?<=\d) (?=%|points)/g, '\u00a0');
}
