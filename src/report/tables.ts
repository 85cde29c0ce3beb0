import { allDecoders, type DecoderName } from '../evaluate/decoders/decode.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import type { Interval } from '../metrics/intervals.ts';
import { percent, percentRange } from '../metrics/wording.ts';
import { html, nothing, type Html } from './html.ts';
import { capitalised, decoderName } from './names.ts';

export function perClassTable({ perClass, baseline }: EvaluationDocument): Html {
  if (!perClass || perClass.length === 0) return nothing;
  const withBaseline =
    baseline !== null && perClass.some((row) => typeof row.baseline === 'number');
  return html`<section class="long">
    <h2>Class by class</h2>
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col" class="number">Images</th>
          <th scope="col">Without the key</th>
          <th scope="col">With the key</th>
          ${withBaseline ? html`<th scope="col">Unlocked model</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${perClass.map(
          ({ label, n, lp, up, baseline: unlocked }) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td class="number">${n}</td>
              <td>${meter(lp, 'locked')}</td>
              <td>${meter(up, 'key')}</td>
              ${withBaseline ? html`<td>${meter(unlocked ?? null, 'baseline')}</td>` : nothing}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

export function decoderTable({ decoders, chance }: EvaluationDocument): Html {
  if (decoders.length === 0) return nothing;
  return html`<section>
    <h2>Reading the locked answers</h2>
    <p>
      What somebody gets who has labelled images of their own, but not the key: fitted on half of
      the clean images, scored on the other half. Nothing leaks when all are near chance
      (${percent(chance)}).
    </p>
    <table class="figures pairs">
      <tbody>
        ${decoders.map(
          ({ name, value, interval }) =>
            html`<tr>
              <th scope="row">
                ${capitalised(decoderName(name))}<small>${aboutDecoder(name)}</small>
              </th>
              <td>${meter(value, 'wrong', chance)}${range(interval)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

export function robustnessTable({ robustness, up, intervals }: EvaluationDocument): Html {
  if (!robustness || up === null) return nothing;
  const { jpeg95, noise1, intervals: own } = robustness;
  const rows = [
    { label: 'As edited', value: up, interval: intervals?.up },
    { label: 'After a JPEG of quality 95', value: jpeg95, interval: own?.jpeg95 },
    { label: 'After one grey level of noise', value: noise1, interval: own?.noise1 },
  ];
  return html`<section>
    <h2>Does the key survive?</h2>
    <p>Another machine rounds differently, and files are recompressed on their way.</p>
    <table class="figures pairs">
      <tbody>
        ${rows.map(
          ({ label, value, interval }) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td>${meter(value, 'key')}${range(interval)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** The ends of a 95 % interval, where it is known. */
const range = (interval: Interval | null | undefined): Html =>
  interval ? html`<small>${percentRange(interval)}</small>` : nothing;

/** A number beside its bar, with a mark at `reference`. */
function meter(
  value: number | null,
  colour: 'locked' | 'key' | 'baseline' | 'wrong',
  reference: number | null = null,
): Html {
  if (value === null) return html`<span class="absent">–</span>`;
  const mark =
    reference === null ? nothing : html`<i style="left: ${(100 * reference).toFixed(1)}%"></i>`;
  return html`<span class="meter"
    ><span class="track"
      ><b class="${colour}" style="width: ${(100 * value).toFixed(1)}%"></b>${mark}</span
    ><span class="value">${percent(value)}</span></span
  >`;
}

function aboutDecoder(name: string): string {
  return name in allDecoders ? allDecoders[name as DecoderName].about : '';
}
