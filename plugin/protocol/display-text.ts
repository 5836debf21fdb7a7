/** Signs that move, hide or break a line of text: a name with them could pass for another name. */
const MISLEADING = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b\u2060\ufeff]/gu;

/** A name that somebody else gave, in one line of at most `longest` characters, without signs that are there to mislead. */
export function displayText(text: string, longest: number): string {
  // Only the start is looked at, as the text may be very long.
  const start = text.slice(0, 8 * longest).toWellFormed();
  const line = start.replaceAll(MISLEADING, " ").replaceAll(/\s+/g, " ").trim();
  const signs = [...line];
  return signs.length <= longest ? line : `${signs.slice(0, longest - 1).join("")}…`;
}
