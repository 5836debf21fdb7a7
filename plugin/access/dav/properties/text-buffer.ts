/** Characters after which text becomes bytes: long texts that are put together of many parts take more time to encode. */
const RUN = 32_768;

/** Text that grows, and comes out as UTF-8. */
export interface TextBuffer {
  add(text: string): void;
  /** It is time to take what is there. */
  readonly isFull: boolean;
  /** All of it, after which it is empty. */
  take(): Buffer;
}

/** @param first bytes that it holds until it is full, the first time; `next` those for the times after that */
export function textBuffer(first: number, next: number): TextBuffer {
  let most = first;
  let waiting = "";
  let size = 0;
  let pieces: Buffer[] = [];
  const encode = () => {
    const piece = Buffer.from(waiting);
    pieces.push(piece);
    size += piece.length;
    waiting = "";
  };
  return {
    add(text) {
      waiting += text;
      if (waiting.length >= RUN) encode();
    },
    get isFull() {
      return size >= most;
    },
    take() {
      encode();
      const [only, ...others] = pieces;
      const whole = only !== undefined && others.length === 0 ? only : Buffer.concat(pieces, size);
      pieces = [];
      size = 0;
      most = next;
      return whole;
    },
  };
}
