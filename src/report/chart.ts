import type { EvaluationDocument } from '../evaluate/document.ts';
import { percent } from '../metrics/wording.ts';
import { Html } from './html.ts';
import { scoreGroups, type Score, type ScoreRole } from './scores.ts';

const roleColours: Readonly<Record<ScoreRole, string>> = {
  baseline: 'var(--baseline)',
  key: 'var(--key)',
  locked: 'var(--locked)',
  'wrong-key': 'var(--wrong)',
};

/** In pixels of the drawing, which scales with the page. */
const layout = {
  width: 880,
  row: 24,
  heading: 30,
  bar: 14,
  left: 210,
  right: 16,
  top: 30,
  bottom: 6,
};

/** A bar, or the heading of the bars below, at its place from the top. */
type Line =
  | { readonly y: number; readonly heading: string }
  | ({ readonly y: number; readonly heading?: undefined } & Score);

/**
 * LP, UP and every wrong key as bars with their 95 % intervals, and chance as a line: an SVG whose
 * colours are the page's custom properties. Loads the drawing libraries when first called.
 */
export async function scoreChart(document: EvaluationDocument): Promise<Html> {
  const [Plot, { parseHTML }] = await Promise.all([
    import('@observablehq/plot'),
    import('linkedom'),
  ]);
  const { lines, height } = arrange(document);
  const headings = lines.filter((line) => line.heading !== undefined);
  const bars = lines.filter((line) => line.heading === undefined);
  const half = layout.bar / 2;
  const svg = Plot.plot({
    document: parseHTML('<html><body></body></html>').document,
    width: layout.width,
    height: height + layout.top + layout.bottom,
    marginLeft: layout.left,
    marginRight: layout.right,
    marginTop: layout.top,
    marginBottom: layout.bottom,
    ariaLabel: `${document.metric} with the key, without it and with wrong keys`,
    style: { fontFamily: 'inherit', fontSize: '12px', overflow: 'visible' },
    x: { domain: [0, 1], axis: null },
    y: { domain: [0, height], range: [layout.top, layout.top + height], axis: null },
    marks: [
      Plot.gridX([0, 0.25, 0.5, 0.75, 1], { stroke: 'var(--rule)', strokeOpacity: 1 }),
      Plot.axisX([0, 0.25, 0.5, 0.75, 1], {
        anchor: 'top',
        tickFormat: (value: number) => `${Math.round(100 * value)} %`,
        tickSize: 0,
        label: null,
        color: 'var(--quiet)',
      }),
      Plot.rect(bars, {
        x1: 0,
        x2: 'value',
        y1: (bar: Line) => bar.y - half,
        y2: (bar: Line) => bar.y + half,
        fill: (bar: Score) => roleColours[bar.role],
        rx: 2,
      }),
      Plot.ruleX([document.chance], { stroke: 'var(--ink)', strokeDasharray: '2,3' }),
      Plot.ruleY(bars, {
        x1: (bar: Score) => bar.interval.low,
        x2: (bar: Score) => bar.interval.high,
        y: 'y',
        stroke: 'var(--ink)',
        strokeWidth: 1.25,
      }),
      Plot.text(bars, {
        x: (bar: Score) => bar.interval.high,
        y: 'y',
        text: (bar: Score) => percent(bar.value),
        textAnchor: 'start',
        dx: 7,
        fill: 'var(--ink)',
        stroke: 'var(--paper)',
        strokeWidth: 4,
      }),
      Plot.text(bars, {
        frameAnchor: 'left',
        y: 'y',
        text: 'label',
        textAnchor: 'end',
        dx: -10,
        fill: 'var(--ink)',
        lineWidth: 16,
        textOverflow: 'ellipsis-end',
      }),
      Plot.text(headings, {
        frameAnchor: 'left',
        y: 'y',
        text: 'heading',
        textAnchor: 'end',
        dx: -10,
        fill: 'var(--quiet)',
        fontWeight: 600,
      }),
      Plot.text([document.chance], {
        x: (chance: number) => chance,
        text: () => 'chance',
        frameAnchor: 'top',
        dy: -22,
        fill: 'var(--ink)',
        fontStyle: 'italic',
      }),
    ],
  });
  return Html.trusted(svg.outerHTML);
}

function arrange(document: EvaluationDocument): { lines: Line[]; height: number } {
  const lines: Line[] = [];
  let y = 0;
  for (const { heading, scores } of scoreGroups(document)) {
    lines.push({ y: y + layout.heading - layout.row / 2, heading });
    y += layout.heading;
    for (const score of scores) {
      lines.push({ y: y + layout.row / 2, ...score });
      y += layout.row;
    }
  }
  return { lines, height: y };
}
