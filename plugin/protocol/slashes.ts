const SLASH = 0x2f;

/**
 * The text without the slashes at its end. Peers write these texts, so it takes linear time: a regular expression for it goes over
 * each run of slashes as often as the run is long.
 */
export function withoutEndSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === SLASH) end--;
  return text.slice(0, end);
}

/** The text without the slashes at its beginning and at its end. In linear time, as above. */
export function withoutOuterSlashes(text: string): string {
  let start = 0;
  while (start < text.length && text.charCodeAt(start) === SLASH) start++;
  return withoutEndSlashes(text.slice(start));
}
