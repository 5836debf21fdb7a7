/** Takes the next bytes after a head; true once the body is complete. @throws Error when it goes on after its end */
export type BodyEnd = (bytes: Buffer) => boolean;

/** Longest line before a chunk: sixteen digits are more than there can be, and nobody here sends extensions. */
const LONGEST_LINE = 64;

/**
 * Finds the end of a body as its head announces it (RFC 9112 section 6.3).
 * @param found called with the bytes of the body, piece by piece
 * @throws Error where the head does not tell where the body ends
 */
export function createBodyEnd(status: number, head: string, found: (bytes: Buffer) => void): BodyEnd {
  if (/\r\ntransfer-encoding: *chunked *(\r\n|$)/i.test(head)) return chunked(found);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return ofLength(Number(length), found);
  if (status === 204 || status === 304) return ofLength(0, found);
  throw new Error(`The answer has no Content-Length and is not chunked: ${head}`);
}

function ofLength(length: number, found: (bytes: Buffer) => void): BodyEnd {
  let left = length;
  return (bytes) => {
    left -= bytes.length;
    if (left < 0) throw new Error("The answer is longer than its Content-Length.");
    found(bytes);
    return left === 0;
  };
}

/** Without trailers, which nobody here sends. */
function chunked(found: (bytes: Buffer) => void): BodyEnd {
  /** Bytes of the chunk that are still to come, with its line end; 0 where a line with a size is next. */
  let left = 0;
  let last = false;
  let line = "";

  return (bytes) => {
    let at = 0;
    while (at < bytes.length) {
      if (left > 0) {
        const piece = bytes.subarray(at, at + left);
        found(piece.subarray(0, Math.max(0, Math.min(piece.length, left - 2))));
        left -= piece.length;
        at += piece.length;
        if (left > 0 || !last) continue;
        if (at < bytes.length) throw new Error("The answer is longer than its last chunk.");
        return true;
      }
      const end = bytes.indexOf(10, at);
      const stop = end === -1 ? bytes.length : end + 1;
      line += bytes.toString("latin1", at, stop);
      at = stop;
      if (line.length > LONGEST_LINE) throw new Error("The size of a chunk is not where it should be.");
      if (end === -1) continue;
      const size = /^([0-9a-f]+)\r\n$/i.exec(line)?.[1];
      if (size === undefined) throw new Error(`This is no size of a chunk: ${JSON.stringify(line)}`);
      line = "";
      last = Number.parseInt(size, 16) === 0;
      left = Number.parseInt(size, 16) + 2;
    }
    return false;
  };
}
