import type { EvaluationDocument } from '../evaluate/document.ts';
import { metricName, percent } from '../metrics/wording.ts';
import { scoreChart } from './chart.ts';
import { contactSheet, type ContactSheet } from './contact-sheet.ts';
import { html, Html, nothing } from './html.ts';
import { classMeasuresTable, measuresTable } from './measures-tables.ts';
import { verdictNames } from './names.ts';
import { overlapSentences } from './overlap.ts';
import { prose } from './prose.ts';
import { mainScores, type Score } from './scores.ts';
import { tellStory } from './story.ts';
import { style } from './style.ts';
import { decoderTable, perClassTable, robustnessTable } from './tables.ts';

export interface ReportOptions {
  /** What was locked, above the headline: `Ten classes of photographs`. */
  readonly title: string;
  /** Facts worth writing down: model, editor, data, seed. Never the key. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  readonly contactSheet?: ContactSheet;
}

/**
 * An evaluation as one HTML file that needs nothing else: no script, no network, light and dark,
 * fit to print. All text is escaped; near misses of the key are named by their kind of change.
 */
export async function evaluationReport(
  document: EvaluationDocument,
  { title, facts = [], contactSheet: sheet }: ReportOptions,
): Promise<string> {
  const { headline, sentences, attacks } = tellStory(document);
  const chart = await scoreChart(document);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>${title} – modellock</title>
        <style>
          ${Html.trusted(style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="eyebrow">modellock · ${title}</p>
            <h1>${headline}</h1>
            <p class="story">${prose(...sentences)}</p>
            ${tiles(document)}
            <p class="attacks">${prose(...attacks)}</p>
            ${overlapNote(document)}
          </header>
          ${
            sheet
              ? html`<section class="long">
                  <h2>What the model sees</h2>
                  ${contactSheet(sheet)}
                </section>`
              : nothing
          }
          <section>
            <h2>With the key, without it, with wrong ones</h2>
            <p class="quiet">
              The bars are ${metricName(document.metric)}, the thin lines 95 % intervals, the dotted
              one chance: the score of the best constant answer.
            </p>
            <figure class="chart">${chart}</figure>
          </section>
          ${diagnosis(document)}
          <div class="pair">${decoderTable(document)}${robustnessTable(document)}</div>
          ${measuresTable(document)} ${perClassTable(document)} ${classMeasuresTable(document)}
          ${factsList(facts)}
          <footer>
            The lock and its measures follow ModelLock (arXiv 2405.16285): locked performance on
            clean images, unlocked performance on images edited with the key. This file does not
            hold the key, nor prompts that are close to it.
          </footer>
        </main>
      </body>
    </html> `;
  return page.markup;
}

function overlapNote({ overlap }: EvaluationDocument): Html {
  const sentences = overlap ? overlapSentences(overlap) : [];
  if (sentences.length === 0) return nothing;
  return html`<p class="attacks"><em>Beware.</em> ${prose(...sentences.map((s) => `${s}.`))}</p>`;
}

function tiles(document: EvaluationDocument): Html {
  const { n, chance } = document;
  return html`<div class="tiles">
    ${mainScores(document).toReversed().map(tile)}
    <div class="tile chance">
      <span>Chance</span><b>${percent(chance)}</b><small>${n.toLocaleString('en')} images</small>
    </div>
  </div>`;
}

function tile({ role, label, value, interval }: Score): Html {
  const range = `${(100 * interval.low).toFixed(1)} – ${percent(interval.high)}`;
  return html`<div class="tile ${role}">
    <span>${label}</span><b>${percent(value)}</b><small>${range}</small>
  </div>`;
}

function diagnosis({ diagnosis: { verdict, findings } }: EvaluationDocument): Html {
  const cards = findings.map(
    ({ signature, evidence, tryThis }) =>
      html`<div class="finding">
        <h3>${verdictNames[signature]}</h3>
        <p>${prose(evidence)}</p>
        <p><em>Try this.</em> ${tryThis}</p>
      </div>`,
  );
  const healthy = html`<div class="finding healthy">
    <h3>${verdictNames[verdict]}</h3>
    <p>${verdict === 'key-not-tried' ? soundWithoutKey : sound}</p>
  </div>`;
  return html`<section>
    <h2>Diagnosis</h2>
    ${cards.length > 0 ? cards : healthy}
  </section>`;
}

const sound =
  'No sign of insufficient locking, over-locking, leaking outputs, an unspecific key, inconsistency or fragility, beyond what sampling explains.';
const soundWithoutKey =
  'No sign of insufficient locking or leaking outputs, beyond what sampling explains. What the key opens, and whether others open it as well, was not measured.';

function factsList(facts: readonly (readonly [string, string])[]): Html {
  if (facts.length === 0) return nothing;
  return html`<section>
    <h2>How it was made</h2>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </section>`;
}
