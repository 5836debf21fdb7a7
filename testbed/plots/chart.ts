import { type EChartsOption, init } from "echarts";
import { escaped } from "./text.ts";

/** In px. */
export interface Size {
  width: number;
  height: number;
}

/** Height of all letters in drawings, in px. */
export const FONT_SIZE = 12;

/** About as wide as a letter of a sans-serif at that height: nothing measures text here, so it is a little more. */
const LETTER_WIDTH = 7;

/** From here on most letters fill a square. */
const WIDE_LETTERS = "\u1100";

/** About how wide a text is drawn, in px. */
export function textWidth(text: string, fontSize = FONT_SIZE): number {
  const letters = [...text].reduce((sum, letter) => sum + (letter < WIDE_LETTERS ? 1 : 1.8), 0);
  return letters * LETTER_WIDTH * (fontSize / FONT_SIZE);
}

/**
 * Draws with ECharts, without a browser: the parts of an SVG as text, for `svg` below. The same option gives the same bytes; `id` tells
 * the drawings of one page apart.
 */
export function drawChart(id: string, { width, height }: Size, option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ ...option, animation: false });
    return tidied(id, chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** A word, its left end and the middle of its height at a place; `more` is attributes. */
export function word(text: string, x: number, y: number, more: string): string {
  return `<text x="${tenths(x)}" y="${tenths(y)}" dy=".35em" font-size="${FONT_SIZE}" ${more}>${escaped(text)}</text>`;
}

/**
 * A text for ECharts itself. It keeps the widths of texts in a plain object, and a text that is also a name in `Object.prototype` would
 * change that; a space that nobody sees makes it another text.
 */
export function chartText(text: string): string {
  return text in Object.prototype ? `${text}\u00a0` : text;
}

/** Px with as many places as can be seen. */
export function tenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A whole drawing for a page, which has the letters and the colours for the dark. `parts` is markup. */
export function svg({ width, height }: Size, description: string, parts: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${escaped(description)}">${parts}</svg>`
  );
}

/**
 * ECharts writes for a page with scripts: styles for a pointer, marks for its own events, names that count up in a process. Here all that
 * is left out, so that a strict content security policy loses nothing. Quotation marks of texts are escaped in what it writes, so these
 * patterns meet only its own attributes.
 */
function tidied(id: string, drawn: string): string {
  return drawn
    .replace(/^<svg[^>]*>\s*<rect[^>]*><\/rect>/, "")
    .replace(/<style >[\s\S]*?<\/style>/g, "")
    .replace(/<\/svg>\s*$/, "")
    .replaceAll(/ (?:class|ecmeta_[a-z_]+|pointer-events)="[^"]*"/g, "")
    .replaceAll(/ style="([^"]*)"/g, (_, style: string) => attributesOf(style))
    .replaceAll(/(id="|url\(#)zr\d+-/g, `$1${id}-`)
    .replaceAll(/ dominant-baseline="central"/g, ' dy=".35em"')
    .replaceAll(/><\/(path|rect|circle|line|polyline|polygon)>/g, "/>")
    .replaceAll(/\n+/g, "")
    .trim();
}

/** Presentation attributes for what is the same in CSS; the letters are the page's. */
function attributesOf(style: string): string {
  return style
    .split(";")
    .map((rule) => rule.split(":"))
    .filter(([name]) => name === "font-size" || name === "font-weight")
    .map(([name, value = ""]) => ` ${name}="${value.replace(/px$/, "")}"`)
    .join("");
}
