import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { scoreChart } from './chart.ts';
import type { ContactSheet } from './contact-sheet.ts';
import { evaluationReport } from './evaluation-report.ts';
import { evaluationText, perClassText } from './terminal/terminal.ts';
import { sampleDocument } from './testing/sample.ts';

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

const sheet: ContactSheet = {
  columns: [
    { role: 'original' },
    { role: 'key' },
    { role: 'wrong-key', decoy: { kind: 'unrelated', change: null, prompt: 'under heavy snow' } },
    { role: 'wrong-key', decoy: { kind: 'near-miss', change: 'typo', prompt: 'with oil pastles' } },
  ],
  rows: [
    {
      label: 'bullfrog',
      cells: ['snail', 'bullfrog', 'lemon', null].map((answer) => ({ png, answer })),
    },
  ],
};

async function page(document = sampleDocument(), title = 'Ten classes') {
  const markup = await evaluationReport(document, {
    title,
    contactSheet: sheet,
    facts: [['Seed', '7']],
  });
  return { markup, document: parseHTML(markup).document };
}

describe('the report of an evaluation', () => {
  test('tells the story with its numbers', async () => {
    const { document } = await page();
    expect(document.querySelector('h1')?.textContent).toBe('The lock holds.');
    const story = document.querySelector('.story')?.textContent?.replaceAll('\u00a0', ' ');
    expect(story).toContain('the unlocked model reaches 82.3 % accuracy');
    expect(story).toContain('it reaches 81.7 %, 0.6 points below the unlocked model');
    const tiles = [...document.querySelectorAll('.tile b')].map((tile) => tile.textContent);
    expect(tiles).toEqual(['11.3 %', '81.7 %', '82.3 %', '10.0 %']);
  });

  test('shows the measures beside the score, and those of each class', async () => {
    const at = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });
    const sensitivity = { name: 'sensitivity', baseline: null, lp: at(0.1), up: at(0.9) };
    const shown = sampleDocument({
      positive: 'malignant',
      measures: [{ name: 'macro AUROC', baseline: at(0.8), lp: at(0.5), up: null }, sensitivity],
      perClass: [
        { label: 'benign', n: 3, lp: 0.1, up: null },
        { label: 'malignant', n: 3, lp: 0.1, up: null, measures: [sensitivity] },
      ],
    });
    const { document } = await page(shown);
    const sections = [...document.querySelectorAll('section')];
    const cellsUnder = (heading: string): (string | undefined)[][] =>
      [
        ...sections
          .find((s) => s.querySelector('h2')?.textContent === heading)!
          .querySelectorAll('tr'),
      ].map((row) => [...row.children].map((c) => c.textContent.trim()));
    expect(cellsUnder('Other measures; positive is malignant')).toEqual([
      ['Measure', 'Without the key', 'With the key', 'Unlocked model'],
      ['Macro AUROC', '50.0 % 45.0 – 55.0', '–', '80.0 % 75.0 – 85.0'],
      ['Sensitivity', '10.0 % 5.0 – 15.0', '90.0 % 85.0 – 95.0', '–'],
    ]);
    expect(cellsUnder('Each class against all others')[1]).toEqual([
      'malignant',
      'Sensitivity',
      '10.0 % 5.0 – 15.0',
      '90.0 % 85.0 – 95.0',
    ]);
    const text = perClassText(shown, { width: 100 });
    expect(text).toMatch(
      /^malignant {2}sensitivity +10\.0 % \(5\.0 – 15\.0\) {2}90\.0 % \(85\.0 – 95\.0\)$/m,
    );
    expect(evaluationText(shown, { width: 100, colour: false })).toMatch(
      /^ {2}Macro AUROC +50\.0 % \(45\.0 – 55\.0\) +– +80\.0 % \(75\.0 – 85\.0\)$/m,
    );
  });

  test('warns of a test set that was learnt from', async () => {
    const file = (side: 'train' | 'test') => ({ side, path: `${side}/1.png` });
    const overlap = {
      duplicates: [{ hash: 'x', files: [file('train'), file('test')] }],
      groups: { count: 2, train: 9, test: 4 },
    };
    const { document } = await page(sampleDocument({ overlap }));
    const text = document.querySelector('header')?.textContent?.replaceAll('\u00a0', ' ');
    expect(text).toContain('1 of the test pictures are training pictures as well');
    expect(text).toContain('2 groups (such as patients) are on both sides of the split');
    const none = { duplicates: [], groups: { count: 0, train: 0, test: 0 } };
    const { markup } = await page(sampleDocument({ overlap: none }));
    expect(markup).not.toContain('Beware');
  });

  test('needs nothing from elsewhere, and runs nothing', async () => {
    const { markup, document } = await page();
    expect(document.querySelectorAll('script, link, iframe, object, base')).toHaveLength(0);
    const addresses = [...document.querySelectorAll('[src], [href]')].map(
      (element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '',
    );
    expect(addresses).toHaveLength(4);
    for (const address of addresses) expect(address).toMatch(/^data:image\/png;base64,/);
    expect(markup).not.toMatch(/@import|url\(\s*['"]?(https?:)?\/\//);
  });

  test('embeds the pictures whole, with what the model sees in them', async () => {
    const { document } = await page();
    const source = document.querySelector('.sheet img')?.getAttribute('src') ?? '';
    expect(atob(source.split(',')[1])).toBe(String.fromCharCode(...png));
    const answers = [...document.querySelectorAll('.answer')].map((a) => a.textContent);
    expect(answers).toEqual(['✗ snail', '✓ bullfrog', '✗ lemon']);
  });

  test('names near misses by their kind of change alone', async () => {
    const { markup } = await page();
    expect(markup).toContain('Near miss: typo');
    expect(markup).toContain('under heavy snow');
    expect(markup).not.toContain('pastles');
  });

  test('escapes text wherever it comes from', async () => {
    const evil = `<img src=x onerror="alert('1')">&amp;`;
    const document = sampleDocument({
      perClass: [{ label: evil, n: 3, lp: 0.1, up: null }],
      decoys: [{ kind: 'unrelated', change: null, prompt: evil, value: 0.1, n: 512 }],
      decoders: [{ name: evil, value: 0.1 }],
    });
    const { markup, document: parsed } = await page(document, evil);
    expect(parsed.querySelectorAll('[onerror]')).toHaveLength(0);
    expect(markup).not.toContain('<img src=x');
    expect(parsed.querySelector('.long th[scope=row]')?.textContent?.trim()).toBe('bullfrog');
    expect(parsed.querySelector('.eyebrow')?.textContent).toContain(evil);
  });

  test('does without what was not measured', async () => {
    const bare = sampleDocument({
      baseline: null,
      up: null,
      decoys: [],
      decoders: [],
      robustness: null,
      perClass: undefined,
    });
    const { document } = await page(bare);
    const headings = [...document.querySelectorAll('h2')].map((h) => h.textContent);
    expect(headings).not.toContain('Class by class');
    expect(headings).not.toContain('Does the key survive?');
    expect(document.querySelector('.story')?.textContent).toContain('The key was not given');
  });

  test('shows what is wrong, and what to try', async () => {
    const { document } = await page(sampleDocument({ lp: 0.4, up: 0.6 }));
    expect(document.querySelector('h1')?.textContent).toBe('The model works without its key.');
    const findings = [...document.querySelectorAll('.finding h3')].map((h) => h.textContent);
    expect(findings).toEqual(['Insufficient locking', 'Over-locking']);
    expect(document.querySelectorAll('.finding em')).toHaveLength(2);
  });

  test('is the same for the same document', async () => {
    expect((await page()).markup).toBe((await page()).markup);
  });
});

describe('the chart', () => {
  test('has a bar for each score, as long as the score', async () => {
    const document = sampleDocument();
    const chart = parseHTML((await scoreChart(document)).markup).document;
    const bars = [...chart.querySelectorAll('[aria-label=rect] rect')];
    const widths = bars.map((bar) => Number(bar.getAttribute('width')));
    const values = [0.823, 0.817, 0.113, ...document.decoys.map(({ value }) => value)];
    expect(widths).toHaveLength(values.length);
    widths.forEach((width, i) => expect(width / widths[0]).toBeCloseTo(values[i] / values[0], 6));
  });
});
