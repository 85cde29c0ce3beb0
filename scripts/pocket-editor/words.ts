import { readFile } from 'node:fs/promises';

/** Words and how often they are seen in training the tokenizer. */
export type WordCounts = ReadonlyMap<string, number>;

const INFLECTED = new Set(['verb', 'thing', 'animal', 'noun', 'style', 'material', 'common']);

/**
 * Reads `words.txt`: sections `[name weight]` of words, frequent ones first. A word's count falls from the
 * section's weight to a third of it; inflected forms count for little more than their letters.
 */
export async function readWords(file: URL): Promise<WordCounts> {
  const counts = new Map<string, number>();
  const add = (word: string, count: number): void =>
    void counts.set(word, Math.max(counts.get(word) ?? 0, Math.round(count)));
  let section = { name: '', weight: 0 };
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const heading = /^\[(\w+) (\d+)\]$/.exec(line);
    if (heading) {
      section = { name: heading[1], weight: Number(heading[2]) };
      continue;
    }
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(' ');
    words.forEach((word, i) => {
      const count = section.weight * 10 * (1 - (2 / 3) * (i / words.length));
      add(word, count);
      if (!INFLECTED.has(section.name)) return;
      for (const form of inflections(word)) add(form, count / 8);
    });
  }
  return counts;
}

/** Regular plural, past, participle and agent: some are no words, but no harm comes of that. */
function inflections(word: string): string[] {
  if (/[^aeiou]y$/.test(word)) {
    const stem = word.slice(0, -1);
    return [`${stem}ies`, `${stem}ied`, `${word}ing`];
  }
  const stem = word.endsWith('e') ? word.slice(0, -1) : word;
  const plural = /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
  return [plural, `${stem}ed`, `${stem}ing`, `${stem}er`];
}
