/** Called with each whole answer: its status, and the first bytes of its body, which are only there during the call. */
export type Answered = (status: number, beginning: Buffer) => void;

const HEAD_END = Buffer.from("\r\n\r\n");
const NOTHING = Buffer.alloc(0);
/** Enough of a body to know it by, and to show it when it is wrong. */
const KEPT_BYTES = 1024;

/**
 * Reads the answers on one connection, on which one request is under way at a time. It knows answers with Content-Length only.
 * @throws Error for anything else
 */
export function createAnswerReader(answered: Answered): (chunk: Buffer) => void {
  let head = NOTHING;
  let status = 0;
  let beginning = NOTHING;
  /** Bytes of the body that are still to come; -1 in the head. */
  let left = -1;

  return (chunk) => {
    let body = chunk;
    if (left === -1) {
      const bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const end = bytes.indexOf(HEAD_END);
      if (end === -1) {
        head = Buffer.from(bytes);
        return;
      }
      head = NOTHING;
      const text = bytes.toString("latin1", 0, end);
      status = Number(text.slice(9, 12));
      left = lengthIn(text);
      body = bytes.subarray(end + HEAD_END.length);
      beginning = NOTHING;
    }
    left -= body.length;
    if (left < 0) throw new Error("The answer is longer than its Content-Length.");
    const first = beginning.length === 0 ? body : Buffer.concat([beginning, body.subarray(0, KEPT_BYTES)]);
    if (left > 0) {
      // The bytes of the chunk are overwritten by the next one.
      if (beginning.length < KEPT_BYTES) beginning = Buffer.from(first.subarray(0, KEPT_BYTES));
      return;
    }
    left = -1;
    answered(status, first.subarray(0, KEPT_BYTES));
  };
}

function lengthIn(head: string): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`The answer has no Content-Length: ${head}`);
  return Number(length);
}
