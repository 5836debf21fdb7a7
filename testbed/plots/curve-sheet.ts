import { FONT_SIZE, type Size, textWidth, word } from "./chart.ts";
import { colour, darkDrawing } from "./colours.ts";
import { drawSign, type Key } from "./sign.ts";
import { clean, escaped } from "./text.ts";

/** A plot with what its signs mean. */
export interface Panel {
  size: Size;
  keys: readonly Key[];
  /** Of an SVG. */
  parts: string;
}

export interface Sheet {
  width: number;
  title: string;
  note: string;
  panels: readonly Panel[];
}

/** In px, around everything. */
export const SHEET_MARGIN = 16;
const KEY_ROW = 22;
const LINE = 18;

/** Plots below each other with title, keys and note: a whole SVG with a ground, letters and colours of its own. */
export function drawSheet({ width, title, note, panels }: Sheet): string {
  const parts: string[] = [];
  let y = SHEET_MARGIN + 8;
  for (const each of wrapped(title, width - 2 * SHEET_MARGIN, 16)) {
    parts.push(
      word(each, SHEET_MARGIN, y, `fill="${colour("ink")}" font-weight="600"`).replace(
        `font-size="${FONT_SIZE}"`,
        'font-size="16"',
      ),
    );
    y += LINE + 4;
  }
  y += 2;
  for (const { size, keys, parts: plot } of panels) {
    const drawn = drawKeys(keys, y, width);
    parts.push(drawn.parts, `<g transform="translate(${SHEET_MARGIN} ${drawn.below})">${plot}</g>`);
    y = drawn.below + size.height + 10;
  }
  y += 6;
  for (const each of wrapped(note, width - 2 * SHEET_MARGIN, FONT_SIZE)) {
    parts.push(word(each, SHEET_MARGIN, y, `fill="${colour("soft")}"`));
    y += LINE;
  }
  const height = Math.ceil(y + SHEET_MARGIN - 8);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" role="img" aria-label="${escaped(title)}">\n` +
    `<style>@media (prefers-color-scheme:dark){${darkDrawing("")}}</style>\n` +
    `<rect width="${width}" height="${height}" rx="8" fill="${colour("paper")}" stroke="${colour("grid")}"/>\n` +
    `${parts.filter((part) => part !== "").join("\n")}\n</svg>\n`
  );
}

/** In as many rows as they need. */
function drawKeys(keys: readonly Key[], top: number, width: number): { parts: string; below: number } {
  if (keys.length === 0) return { parts: "", below: top };
  const parts: string[] = [];
  let x = SHEET_MARGIN;
  let y = top;
  for (const key of keys) {
    const needed = 30 + textWidth(key.name) + 18;
    if (x > SHEET_MARGIN && x + needed > width - SHEET_MARGIN) {
      x = SHEET_MARGIN;
      y += KEY_ROW;
    }
    parts.push(
      `<g transform="translate(${x} ${y})">${drawSign(key)}</g>`,
      word(key.name, x + 30, y + 7, `fill="${colour("ink")}"`),
    );
    x += Math.ceil(needed);
  }
  return { parts: parts.join(""), below: y + KEY_ROW + 4 };
}

function wrapped(text: string, width: number, fontSize: number): string[] {
  const lines: string[] = [];
  for (const each of clean(text)
    .split(" ")
    .filter((one) => one !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${each}`, fontSize) <= width)
      lines[lines.length - 1] = `${last} ${each}`;
    else lines.push(each);
  }
  return lines;
}
