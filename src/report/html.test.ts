import * as fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { html, nothing, pngAddress } from './html.ts';

describe('markup', () => {
  test('text comes back as it was, from content and attributes', () => {
    const text = fc.string().filter((s) => !/[\0\r]/.test(s));
    fc.assert(
      fc.property(text, (value) => {
        const { markup } = html`<p title="${value}">${value}</p>`;
        const p = parseHTML(`<html><body>${markup}</body></html>`).document.querySelector('p');
        expect(p?.textContent).toBe(value);
        expect(p?.getAttribute('title')).toBe(value);
      }),
    );
  });

  test('templates nest without being escaped twice', () => {
    const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`);
    expect(html`<p>${items}${nothing}${3}</p>`.markup).toBe('<p><i>a</i><i>&lt;b&gt;</i>3</p>');
  });

  test('long files are encoded whole', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    const decoded = atob(pngAddress(bytes).split(',')[1]);
    expect(decoded.length).toBe(bytes.length);
    expect(decoded.charCodeAt(99_999)).toBe(bytes[99_999]);
  });
});
