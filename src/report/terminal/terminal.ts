import type { EvaluationDocument } from '../../evaluate/document.ts';
import type { Interval } from '../../metrics/intervals.ts';
import { percent } from '../../metrics/wording.ts';
import { capitalised, decoderName, verdictNames } from '../names.ts';
import { prose } from '../prose.ts';
import { scoreGroups, type Score, type ScoreRole } from '../scores.ts';
import { tellStory } from '../story.ts';
import { bar } from './bar.ts';
import { classMeasuresText, measuresText, range } from './measures.ts';
import { table, type Column } from './table.ts';
import { pad, plain, textWidth, truncate, wrap } from './text-width.ts';

export interface TerminalOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Whether to use ANSI colours: not when writing to a file or a pipe. */
  readonly colour: boolean;
}

/** Set Graphics Rendition codes. */
const codes = { bold: 1, quiet: 2, red: 31, green: 32, yellow: 33 } as const;

type Paint = (text: string, ...styles: readonly (keyof typeof codes)[]) => string;

/** An evaluation told in a terminal: the story, the scores as bars, decoders, diagnosis. */
export function evaluationText(document: EvaluationDocument, options: TerminalOptions): string {
  const page: Page = { width: Math.max(40, options.width), paint: painter(options.colour) };
  const sections = [story, scores, measures, decoders, robustness, diagnosis];
  return `${sections
    .map((section) => section(document, page))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The scores of each class, a line a class, and how each is told from all others. */
export function perClassText(
  document: EvaluationDocument,
  { width }: Pick<TerminalOptions, 'width'>,
): string {
  const { perClass = [] } = document;
  if (perClass.length === 0) return '';
  const columns = [
    { heading: 'class' },
    { heading: 'images', align: 'right' },
    { heading: 'without the key', align: 'right' },
    { heading: 'with the key', align: 'right' },
  ] as const;
  const rows = perClass.map(({ label, n, lp, up }) => [
    plain(label),
    String(n),
    share(lp),
    share(up),
  ]);
  const parts = [table(columns, rows, width), classMeasuresText(document, width)];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

interface Page {
  readonly width: number;
  readonly paint: Paint;
}

type Section = (document: EvaluationDocument, page: Page) => string[];

const story: Section = (document, { width, paint }) => {
  const { headline, sentences, attacks } = tellStory(document);
  const tone = document.diagnosis.findings.length === 0 ? 'green' : 'red';
  return [paint(headline, 'bold', tone), '', ...paragraph(width, ...sentences, ...attacks)];
};

const roleStyles: Readonly<Record<ScoreRole, readonly (keyof typeof codes)[]>> = {
  baseline: [],
  key: ['green'],
  locked: ['red'],
  'wrong-key': ['yellow'],
};

/** Room for `100.0 %  (100.0 – 100.0)`. */
const figures = { value: 7, interval: 15 };

const scores: Section = (document, { width, paint }) => {
  const groups = scoreGroups(document);
  const labels = groups.flatMap((group) => group.scores.map(({ label }) => plain(label)));
  const fixed = 2 + 2 + figures.value + 2 + figures.interval;
  const longest = Math.max(...labels.map(textWidth));
  const barWidth = barRoom(width - fixed - 2 - Math.min(longest, 36));
  const labelWidth = Math.min(longest, width - fixed - (barWidth > 0 ? barWidth + 2 : 0));
  const line = ({ role, label, value, interval }: Score): string =>
    [
      '  ',
      pad(truncate(plain(label), labelWidth), labelWidth),
      '  ',
      pad(percent(value), figures.value, 'right'),
      '  ',
      paint(pad(range(interval), figures.interval), 'quiet'),
      '  ',
      paint(bar(value, barWidth), ...roleStyles[role]),
    ]
      .join('')
      .trimEnd();
  return [
    ...groups.flatMap((group) => [paint(group.heading, 'bold'), ...group.scores.map(line)]),
    ...paragraph(width, `Chance is ${percent(document.chance)}. In brackets: 95 % intervals.`).map(
      (text) => paint(text, 'quiet'),
    ),
  ];
};

/** Bars that are too short to compare are left out. */
function barRoom(columns: number): number {
  return columns < 8 ? 0 : Math.min(40, columns);
}

const measures: Section = (document, { width, paint }) => {
  const [heading, ...lines] = measuresText(document, width);
  return heading === undefined ? [] : [paint(heading, 'bold'), ...lines];
};

/** A name, a score and its interval. */
const figured: readonly Column[] = [
  { heading: '' },
  { heading: '', align: 'right' },
  { heading: '' },
];

const decoders: Section = ({ decoders: results }, { width, paint }) => {
  if (results.length === 0) return [];
  const rows = results.map(({ name, value, interval }) => [
    `  ${capitalised(plain(decoderName(name)))}`,
    percent(value),
    interval ? range(interval) : '',
  ]);
  return [paint('Labels read out of the locked answers', 'bold'), ...table(figured, rows, width)];
};

const robustness: Section = ({ robustness: measured, up, intervals }, { width, paint }) => {
  if (!measured || up === null) return [];
  const { jpeg95, noise1, intervals: own } = measured;
  const line = (label: string, value: number, interval: Interval | null | undefined): string[] => [
    `  ${label}`,
    percent(value),
    interval ? range(interval) : '',
  ];
  const rows = [
    line('As edited', up, intervals?.up),
    line('After a JPEG of quality 95', jpeg95, own?.jpeg95),
    line('After one grey level of noise', noise1, own?.noise1),
  ];
  return [paint('What the key opens', 'bold'), ...table(figured, rows, width)];
};

const diagnosis: Section = ({ diagnosis: { verdict, findings } }, { width, paint }) => {
  const indented = (text: string): string[] =>
    paragraph(width - 2, text).map((line) => `  ${line}`);
  if (findings.length === 0) {
    return [paint(`Diagnosis: ${verdictNames[verdict].toLowerCase()}`, 'bold', 'green')];
  }
  return [
    paint('Diagnosis', 'bold'),
    ...findings.flatMap(({ signature, evidence, tryThis }) => [
      `  ${paint(verdictNames[signature], 'red')}`,
      ...indented(evidence),
      ...indented(`Try this: ${tryThis}`).map((line) => paint(line, 'quiet')),
    ]),
  ];
};

/** Sentences as lines that are not too long to read. */
function paragraph(width: number, ...sentences: readonly string[]): string[] {
  const lines = wrap(prose(...sentences.map(plain)), Math.min(width, 90));
  return lines.map((line) => line.replaceAll('\u00a0', ' '));
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function painter(colour: boolean): Paint {
  if (!colour) return (text) => text;
  return (text, ...styles) =>
    styles.length === 0 || text === ''
      ? text
      : `\u001b[${styles.map((style) => codes[style]).join(';')}m${text}\u001b[0m`;
}
