import type { WordCounts } from './words.ts';

/** Marks the last symbol of a word. */
export const END_OF_WORD = '</w>';

export type Merge = readonly [string, string];

interface Entry {
  symbols: string[];
  readonly count: number;
}

/**
 * Learns byte-pair merges (Sennrich et al. 2016, arXiv 1508.07909): again and again the most frequent pair
 * of neighbours becomes one symbol. Of equally frequent pairs the first in code-unit order is taken, so that
 * the result depends on nothing but the counts.
 */
export function learnMerges(words: WordCounts, count: number): Merge[] {
  const entries = [...words].map(([word, n]): Entry => ({ symbols: symbolsOf(word), count: n }));
  const pairs = new PairCounts();
  for (const entry of entries) pairs.add(entry, 1);
  const merges: Merge[] = [];
  while (merges.length < count) {
    const best = pairs.mostFrequent();
    if (!best) break;
    merges.push(best);
    for (const entry of pairs.entriesWith(best)) {
      pairs.add(entry, -1);
      entry.symbols = join(entry.symbols, best);
      pairs.add(entry, 1);
    }
  }
  return merges;
}

function symbolsOf(word: string): string[] {
  const symbols = Array.from(word);
  symbols[symbols.length - 1] += END_OF_WORD;
  return symbols;
}

function join(symbols: readonly string[], [first, second]: Merge): string[] {
  const joined: string[] = [];
  for (const symbol of symbols) {
    const last = joined.length - 1;
    if (symbol === second && joined[last] === first) joined[last] = first + second;
    else joined.push(symbol);
  }
  return joined;
}

/** How often each pair of neighbours occurs, and where. */
class PairCounts {
  readonly #counts = new Map<string, number>();
  readonly #places = new Map<string, Set<Entry>>();

  add(entry: Entry, sign: 1 | -1): void {
    for (let i = 1; i < entry.symbols.length; i++) {
      const pair = `${entry.symbols[i - 1]} ${entry.symbols[i]}`;
      this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + sign * entry.count);
      const places = this.#places.get(pair) ?? new Set();
      if (sign > 0) places.add(entry);
      else places.delete(entry);
      this.#places.set(pair, places);
    }
  }

  entriesWith([first, second]: Merge): Entry[] {
    return [...(this.#places.get(`${first} ${second}`) ?? [])];
  }

  mostFrequent(): Merge | undefined {
    let best = '';
    let most = 0;
    for (const [pair, count] of this.#counts) {
      if (count > most || (count === most && count > 0 && pair < best)) {
        best = pair;
        most = count;
      }
    }
    if (most === 0) return undefined;
    const [first, second] = best.split(' ');
    return [first, second];
  }
}
