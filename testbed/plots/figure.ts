import { type Size, svg } from "./chart.ts";
import { type Html, type HtmlValue, html, trusted } from "./html.ts";
import { drawSign, type Key } from "./sign.ts";

/** A drawing at one size. */
export interface Drawing {
  size: Size;
  /** Markup. */
  parts: string;
}

export interface Figure {
  /** Of the drawings' own names in the page. */
  id: string;
  title: string;
  /** A sentence above the drawing. */
  text?: HtmlValue;
  keys?: readonly Key[];
  /** Once for a wide page and for paper, once for a telephone; only the first where it is small enough for both. */
  draw: (id: string, narrow: boolean) => Drawing;
  small?: boolean;
}

/** Width of the drawings in px. */
export const WIDE = 880;
export const NARROW = 340;

/** A drawing with its title, in two widths of which the page shows one. */
export function figure({ id, title, text, keys = [], draw, small = false }: Figure): Html {
  const drawing = (narrow: boolean) => {
    const { size, parts } = draw(narrow ? `${id}-n` : id, narrow);
    const shown = narrow ? "narrow" : "wide";
    return html`<div class="${small ? "both" : shown}">${trusted(svg(size, title, parts))}</div>`;
  };
  return html`<figure id="${id}"><figcaption><h3>${title}</h3>${text !== undefined && html`<p>${text}</p>`}${keyList(keys)}</figcaption>
${drawing(false)}${!small && drawing(true)}</figure>
`;
}

function keyList(keys: readonly Key[]): Html | false {
  if (keys.length < 2) return false;
  return html`<ul class="keys">${keys.map((key) => html`<li>${swatch(key)} ${key.name}</li>`)}</ul>`;
}

function swatch(key: Key): Html {
  return trusted(`<svg viewBox="0 0 24 14" width="24" height="14" aria-hidden="true">${drawSign(key)}</svg>`);
}
