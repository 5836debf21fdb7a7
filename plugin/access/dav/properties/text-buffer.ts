/** Characters after which text becomes bytes: long texts that are put together of many parts take more time to encode. */
const RUN = 32_768;

/** Text that grows, and comes out as UTF-8. */
export interface TextBuffer {
  add(text: string): void;
  /** Bytes, without the last few characters that were added. */
  readonly size: number;
  /** All of it, after which it is empty. */
  take(): Buffer;
}

export function textBuffer(): TextBuffer {
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
    get size() {
      return size;
    },
    take() {
      encode();
      const [only, ...others] = pieces;
      const whole = only !== undefined && others.length === 0 ? only : Buffer.concat(pieces, size);
      pieces = [];
      size = 0;
      return whole;
    },
  };
}
