import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { scoreChart } from './chart.ts';
import type { ContactSheet } from './contact-sheet.ts';
import { evaluationReport } from './evaluation-report.ts';
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
