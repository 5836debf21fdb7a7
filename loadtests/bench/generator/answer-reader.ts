import { createBodyEnd } from "./body-end.ts";

/** Called with each whole answer: its status, and the first bytes of its body, which are only there during the call. */
export type Answered = (status: number, beginning: Buffer) => void;

const HEAD_END = Buffer.from("\r\n\r\n");
const NOTHING = Buffer.alloc(0);
/** Enough of a body to know it by, and to show it when it is wrong. */
const KEPT_BYTES = 1024;

/**
 * Reads the answers on one connection, on which one request is under way at a time: with Content-Length, in chunks, or without a body.
 * @throws Error for anything else
 */
export function createAnswerReader(answered: Answered): (chunk: Buffer) => void {
  let head = NOTHING;
  let status = 0;
  let beginning = NOTHING;
  let bodyEnd: ReturnType<typeof createBodyEnd> | undefined;

  /** The bytes of the chunk are overwritten by the next one, so they are copied where they are kept. */
  const keep = (bytes: Buffer) => {
    if (beginning.length < KEPT_BYTES) {
      beginning = Buffer.concat([beginning, bytes.subarray(0, KEPT_BYTES - beginning.length)]);
    }
  };

  return (chunk) => {
    let body = chunk;
    if (bodyEnd === undefined) {
      const bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const end = bytes.indexOf(HEAD_END);
      if (end === -1) {
        head = Buffer.from(bytes);
        return;
      }
      head = NOTHING;
      const text = bytes.toString("latin1", 0, end);
      status = Number(text.slice(9, 12));
      body = bytes.subarray(end + HEAD_END.length);
      beginning = NOTHING;
      bodyEnd = createBodyEnd(status, text, keep);
    }
    if (!bodyEnd(body)) return;
    bodyEnd = undefined;
    answered(status, beginning);
  };
}
