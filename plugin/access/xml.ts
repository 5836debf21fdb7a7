const SPECIAL = /[&<>"\r]/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};

/** What XML 1.0 cannot hold, not even as a character reference (its section 2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const IMPOSSIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/** What most names and addresses are: nothing in it has to be looked at. */
const PLAIN = /^[\x20!\x23-\x25'-;=?-\ud7ff]*$/;

/** Any text as XML character data or attribute value; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .toWellFormed()
    .replace(IMPOSSIBLE, "\ufffd")
    .replace(SPECIAL, (character) => ENTITIES[character] ?? "");
}

/** Is this a local name that may be written as an element without a closer look? */
export function isElementName(name: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}\p{M}._-]*$/u.test(name);
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text as it was before it was escaped: the five named references and the numeric ones; unknown references stay. */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
