import { combineRanges, parse } from "range-parser";

/** The first and the last byte to send, both inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** More ranges than a program needs that resumes or shows a file; each costs a head of its own (RFC 9110 section 17.15). */
const MOST = 100;
/** So many of the longest ranges of any file fit. */
const LONGEST = 4096;

/**
 * Reads a Range header for a file of this size (RFC 9110 section 14.2). Ranges that overlap or touch come back as one, so that no byte is
 * sent twice. Undefined: it is absent, malformed, of another unit or asks for too many ranges, and the whole file is the right answer.
 * "outside": no byte of it exists (416).
 */
export function parseRanges(value: string | undefined, size: number): readonly ByteRange[] | "outside" | undefined {
  if (value === undefined || value.length > LONGEST) return undefined;
  const { code, type, ranges } = parse(size, value);
  if (type.trim() !== "bytes" || (code & INVALID) !== 0 || ranges.length > MOST) return undefined;
  if (ranges.length === 0) return code === 0 ? undefined : "outside";
  return combineRanges(ranges).map(({ start, end }) => ({ start, end }));
}

/** The bit by which the parser says that a range is malformed or reversed; the other one tells ranges that lie outside. */
const INVALID = 1;
