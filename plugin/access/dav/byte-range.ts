/** The first and the last byte to send, both inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** One range of any file fits. The pattern takes quadratic time for the spaces that it tolerates. */
const LONGEST = 100;

/**
 * Reads a Range header for a file of this size (RFC 9110 section 14.2). Undefined: it is absent, malformed, of another unit or names
 * several ranges, and the whole file is the right answer. "outside": no byte of it exists (416).
 */
export function parseRange(value: string | undefined, size: number): ByteRange | "outside" | undefined {
  if (value !== undefined && value.length > LONGEST) return undefined;
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(value?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "outside" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "outside" : { start, end };
}
