import {
  decodedImages,
  decoders as decoderRegistry,
  type DecoderName,
} from '../evaluate/decoders/decode.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { percent } from '../metrics/percent.ts';
import { html, nothing, type Html } from './html.ts';
import { inWords } from './scores.ts';

export function perClassTable({ perClass, baseline }: EvaluationDocument): Html {
  if (!perClass || perClass.length === 0) return nothing;
  const withBaseline =
    baseline !== null && perClass.some((row) => typeof row.baseline === 'number');
  return html`<section>
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

export function decoderTable({ decoders, chance, n }: EvaluationDocument): Html {
  if (decoders.length === 0) return nothing;
  return html`<section>
    <h2>Reading the locked answers</h2>
    <p>
      What somebody gets who has labelled images of their own, but not the key: fitted on half of
      the clean images, scored on the other ${decodedImages(n)}. Nothing leaks when all are near
      chance (${percent(chance)}).
    </p>
    <table class="figures">
      <tbody>
        ${decoders.map(
          ({ name, value }) =>
            html`<tr>
              <th scope="row">
                ${sentenceCase(inWords(name))}<small>${aboutDecoder(name)}</small>
              </th>
              <td>${meter(value, 'wrong')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

export function robustnessTable({ robustness, up }: EvaluationDocument): Html {
  if (!robustness || up === null) return nothing;
  const rows = [
    { label: 'As edited', value: up },
    { label: 'After a JPEG of quality 95', value: robustness.jpeg95 },
    { label: 'After one grey level of noise', value: robustness.noise1 },
  ];
  return html`<section>
    <h2>Does the key survive?</h2>
    <p>Another machine rounds differently, and files are recompressed on their way.</p>
    <table class="figures">
      <tbody>
        ${rows.map(
          ({ label, value }) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td>${meter(value, 'key')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** A number with a bar behind it. */
function meter(value: number | null, colour: 'locked' | 'key' | 'baseline' | 'wrong'): Html {
  if (value === null) return html`<span class="absent">–</span>`;
  const width = (100 * value).toFixed(1);
  return html`<span class="meter"
    ><span class="track"><span class="fill ${colour}" style="width: ${width}%"></span></span
    >${percent(value)}</span
  >`;
}

function aboutDecoder(name: string): string {
  return name in decoderRegistry ? decoderRegistry[name as DecoderName].about : '';
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
