/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly markup: string;

  private constructor(markup: string) {
    this.markup = markup;
  }

  /** Takes markup from a source that has escaped its text, such as a chart library. */
  static trusted(markup: string): Html {
    return new Html(markup);
  }

  toString(): string {
    return this.markup;
  }
}

type Value = Html | string | number | readonly Html[];

/** A template for markup: text in it is escaped, other markup and lists of it are kept. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return Html.trusted(
    parts.map((part, i) => (i < values.length ? part + markupOf(values[i]) : part)).join(''),
  );
}

export const nothing = html``;

function markupOf(value: Value): string {
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(({ markup }) => markup).join('');
  return escapeText(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that means itself in element content and in quoted attributes. */
export function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]);
}

/** A PNG file as the address of an image. */
export function pngAddress(png: Uint8Array): string {
  // In pieces: an argument list has a limited length.
  const pieces: string[] = [];
  for (let i = 0; i < png.length; i += 0x8000) {
    pieces.push(String.fromCharCode(...png.subarray(i, i + 0x8000)));
  }
  return `data:image/png;base64,${btoa(pieces.join(''))}`;
}
