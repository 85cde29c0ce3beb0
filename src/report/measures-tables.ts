import type { DocumentedMeasure, EvaluationDocument } from '../evaluate/document.ts';
import type { Estimate } from '../metrics/intervals.ts';
import { percent, percentRange } from '../metrics/wording.ts';
import { html, nothing, type Html } from './html.ts';
import { capitalised, measuresHeading } from './names.ts';

/** The measures beside the score, with and without the key. */
export function measuresTable({ measures = [], positive }: EvaluationDocument): Html {
  if (measures.length === 0) return nothing;
  const withBaseline = hasBaseline(measures);
  return html`<section class="long">
    <h2>${measuresHeading(positive)}</h2>
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">Measure</th>
          ${headings(withBaseline)}
        </tr>
      </thead>
      <tbody>
        ${measures.map(
          (measure) =>
            html`<tr>
              <th scope="row">${capitalised(measure.name)}</th>
              ${cells(measure, withBaseline)}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** The measures of each class against all others. */
export function classMeasuresTable({ perClass = [] }: EvaluationDocument): Html {
  const all = perClass.flatMap(({ measures = [] }) => measures);
  if (all.length === 0) return nothing;
  const withBaseline = hasBaseline(all);
  return html`<section class="long">
    <h2>Each class against all others</h2>
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col">Measure</th>
          ${headings(withBaseline)}
        </tr>
      </thead>
      <tbody>
        ${perClass.flatMap(({ label, measures = [] }) =>
          measures.map(
            (measure, i) =>
              html`<tr>
                <th scope="row">${i === 0 ? label : ''}</th>
                <td>${capitalised(measure.name)}</td>
                ${cells(measure, withBaseline)}
              </tr>`,
          ),
        )}
      </tbody>
    </table>
  </section>`;
}

const hasBaseline = (measures: readonly DocumentedMeasure[]): boolean =>
  measures.some(({ baseline }) => baseline !== null);

const headings = (withBaseline: boolean): Html =>
  html`<th scope="col" class="number">Without the key</th>
    <th scope="col" class="number">With the key</th>
    ${withBaseline ? html`<th scope="col" class="number">Unlocked model</th>` : nothing}`;

const cells = ({ lp, up, baseline }: DocumentedMeasure, withBaseline: boolean): Html =>
  html`${cell(lp)} ${cell(up)} ${withBaseline ? cell(baseline) : nothing}`;

const cell = (estimate: Estimate | null): Html =>
  estimate
    ? html`<td class="number">
        ${percent(estimate.value)} <small>${percentRange(estimate)}</small>
      </td>`
    : html`<td class="number"><span class="absent">–</span></td>`;
