import { type InnerList, type Item, ParseError, parseDictionary } from "structured-headers";

/** The fields of a message by lower-case name; repeated lines are joined with ", " (RFC 9421 section 2.1). */
export type Fields = ReadonlyMap<string, string>;

/** One member of a structured-field dictionary (RFC 8941 section 3.2). */
export type Member = [label: string, value: Item | InnerList];

/** Joins the raw names and values that node:http gives in `rawHeaders` into fields. */
export function joinFields(rawHeaders: readonly string[]): Fields {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    const value = trimSpace(rawHeaders[i + 1] ?? "");
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return fields;
}

/**
 * The members of a dictionary field, repeated labels included: a parser of whole dictionaries keeps only the last of them, so
 * that a second signature with the same label would go unseen.
 * @throws ParseError
 */
export function dictionaryMembers(text: string): Member[] {
  return splitMembers(text).map(parseMember);
}

/** The members of a dictionary field with one label, unparsed members of other labels being left alone. @throws ParseError */
export function membersLabelled(text: string, label: string): Member[] {
  return splitMembers(text)
    .filter((part) => part === label || (part.startsWith(label) && "=;".includes(part.charAt(label.length))))
    .map(parseMember);
}

function parseMember(text: string): Member {
  const [member] = parseDictionary(text);
  if (member === undefined) throw new ParseError(0, "Empty dictionary member");
  return member;
}

/** Longest dictionary that is read. Signatures of a few proxies fit in; parsing more would cost more than verifying. */
const LONGEST = 4096;

const QUOTE = 0x22;
const PERCENT = 0x25;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** Splits at the commas outside of strings. Nothing else in a dictionary may contain one. */
function splitMembers(text: string): string[] {
  if (text === "") return [];
  if (text.length > LONGEST) throw new ParseError(LONGEST, "The field is too long");
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let escapes = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === QUOTE) quoted = false;
      else if (char === BACKSLASH && escapes) i++;
    } else if (char === QUOTE) {
      quoted = true;
      // A display string, %"…" (RFC 9651 section 3.3.8), knows no backslash.
      escapes = text.charCodeAt(i - 1) !== PERCENT;
    } else if (char === COMMA) {
      parts.push(trimSpace(text.slice(start, i)));
      start = i + 1;
    }
  }
  parts.push(trimSpace(text.slice(start)));
  return parts;
}

/** HTTP white space is space and tab alone; `String.trim` would take more. */
function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x09;
}
