/** What no text of a page may hold: control signs, marks that turn the direction of writing, and what XML forbids. */
const UNWANTED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

/** The same text, fit for HTML, XML and one line: names come from outside, and may be hostile. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\t\n\r]+/g, " ")
    .replaceAll(UNWANTED, "\ufffd");
}

/** The text with `longest` signs at the most. */
export function shortened(text: string, longest: number): string {
  const signs = [...clean(text)];
  return signs.length <= longest ? signs.join("") : `${signs.slice(0, longest - 1).join("")}…`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Cleaned, and escaped for text and for attributes in double quotes. */
export function escaped(text: string): string {
  return clean(text).replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}
