import { OcmError } from "./errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses JSON (RFC 8259) that nobody can read in two ways: valid UTF-8, each key once in its object, nesting within bounds.
 * A key `__proto__` becomes an own property, as with JSON.parse, so copy the result by spreading and never by Object.assign.
 * @throws OcmError not-json, too-deep, duplicate-key
 */
export function parseStrictJson(input: Uint8Array | string, { maxDepth = 32 }: { maxDepth?: number } = {}): unknown {
  const { text, value } = parse(input);
  const { keys, depth } = measure(text);
  if (depth > maxDepth) {
    throw new OcmError(
      "too-deep",
      maxDepth === 32 ? {} : { message: `The JSON is nested deeper than ${maxDepth} levels.` },
    );
  }
  // JSON.parse keeps the last of equal keys. So a key is there twice exactly when the text has more keys than the value.
  if (keys !== countKeys(value)) throw new OcmError("duplicate-key");
  return value;
}

function parse(input: Uint8Array | string): { text: string; value: unknown } {
  try {
    const text = typeof input === "string" ? input : utf8.decode(input);
    return { text, value: JSON.parse(text) };
  } catch (cause) {
    throw new OcmError("not-json", { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How many keys a valid JSON text has in all its objects, and how deep it is nested. */
function measure(text: string): { keys: number; depth: number } {
  let keys = 0;
  let level = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COLON) {
      keys++;
    } else if (code === 0x7b || code === 0x5b) {
      level++;
      if (level > depth) depth = level;
    } else if (code === 0x7d || code === 0x5d) {
      level--;
    }
  }
  return { keys, depth };
}

/** Where the string ends that begins at a quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const items = Object.values(value);
  let keys = Array.isArray(value) ? 0 : items.length;
  for (const item of items) keys += countKeys(item);
  return keys;
}
