import { html, nothing, pngAddress, type Html } from './html.ts';
import { decoyLabel, type DecoyIdentity } from './names.ts';

/** What was done to the images of a column. */
export type ContactColumn =
  | { readonly role: 'original' }
  | { readonly role: 'key' }
  | { readonly role: 'wrong-key'; readonly decoy: DecoyIdentity };

export interface ContactCell {
  /** A PNG file. */
  readonly png: Uint8Array;
  /** The class that the locked model sees in it; null when it was not asked. */
  readonly answer: string | null;
}

/** The same images with and without the key. */
export interface ContactSheet {
  readonly columns: readonly ContactColumn[];
  readonly rows: readonly {
    /** The true class. */
    readonly label: string;
    /** One for each column. */
    readonly cells: readonly ContactCell[];
  }[];
}

export function contactSheet({ columns, rows }: ContactSheet): Html {
  return html`<figure class="sheet">
    <div class="sheet-scroll">
      <table>
        <thead>
          <tr>
            <td></td>
            ${columns.map((column) => html`<th scope="col" class="${column.role}">${headingOf(column)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ label, cells }) =>
              html`<tr>
                <th scope="row">${label}</th>
                ${cells.map((cell, i) => html`<td>${picture(cell, label, headingOf(columns[i]))}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <figcaption>
      Under each picture: what the locked model answers. The pictures show what the key does, though
      not what it is; share them accordingly.
    </figcaption>
  </figure>`;
}

function picture({ png, answer }: ContactCell, label: string, heading: string): Html {
  return html`<img
      src="${pngAddress(png)}"
      alt="${label}, ${heading}"
    />${verdictOn(answer, label)}`;
}

function verdictOn(answer: string | null, label: string): Html {
  if (answer === null) return nothing;
  return answer === label
    ? html`<span class="answer right">✓ ${answer}</span>`
    : html`<span class="answer wrong">✗ ${answer}</span>`;
}

function headingOf(column: ContactColumn): string {
  if (column.role === 'original') return 'Original';
  if (column.role === 'key') return 'With the key';
  const { kind } = column.decoy;
  return kind === 'near-miss' ? `Near miss: ${decoyLabel(column.decoy)}` : decoyLabel(column.decoy);
}
