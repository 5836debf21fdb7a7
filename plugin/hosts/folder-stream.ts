import { read } from "node:fs";
import { Readable, type Writable } from "node:stream";

/** A chunk while few streams are open: each costs a turn in the thread pool, so large ones are fast. Bytes. */
const LARGEST_CHUNK = 2 ** 20;
/** A chunk while many are open. */
const SMALLEST_CHUNK = 2 ** 14;
/** What the chunks of all streams together shall take, as long as each has more than the smallest. */
const BUDGET = 2 ** 26;
/** Largest chunks that are kept for the next streams, and how many of them while there is no stream. */
const MOST_SPARE = BUDGET / LARGEST_CHUNK;
const IDLE_SPARE = 16;

/** Bytes of an open file. */
export interface Span {
  fd: number;
  /** The first byte. */
  start: number;
  /** The byte after the last. */
  end: number;
  /** Called once, when the file is not needed any more. */
  ended(): void;
}

/** Streams parts of open files. */
export type Reading = (span: Span) => Readable;

/**
 * Each stream reads one chunk when it is asked for one and none ahead. The more streams there are, the smaller the chunks. A slow reader
 * holds one chunk, or as many small ones as its socket asks for: with the `highWaterMark` that node:http gives sockets (64 KiB), ten
 * thousand hold 640 MiB, and a quarter of that where the host creates its server with 16 KiB.
 */
export function createReading(): Reading {
  const spare: Buffer[] = [];
  let streams = 0;
  const chunkSize = () => {
    const share = BUDGET / streams;
    return Math.max(SMALLEST_CHUNK, Math.min(LARGEST_CHUNK, share - (share % SMALLEST_CHUNK)));
  };

  const mostSpare = () => (streams === 0 ? IDLE_SPARE : MOST_SPARE);

  return ({ fd, start, end, ended }) => {
    let position = start;
    let underWay = false;
    let whenRead: (() => void) | undefined;
    streams += 1;
    const stream = new Readable({
      highWaterMark: 0,
      read() {
        const most = chunkSize();
        const wanted = Math.min(end - position, most);
        if (wanted <= 0) {
          this.push(null);
          return;
        }
        underWay = true;
        const { chunk, sent } = buffers.take(wanted, most);
        read(fd, chunk, 0, wanted, position, (error, count) => {
          underWay = false;
          if (whenRead !== undefined) return whenRead();
          if (error !== null) return this.destroy(error);
          if (count === 0) return this.destroy(new Error("The file became shorter while it was read."));
          position += count;
          sent();
          this.push(count === chunk.length ? chunk : chunk.subarray(0, count));
          if (position >= end) this.push(null);
        });
      },
      destroy(error, done) {
        const finish = () => {
          streams -= 1;
          spare.splice(mostSpare());
          ended();
          done(error);
        };
        // The descriptor may be another file's as soon as it is closed.
        if (underWay) whenRead = finish;
        else finish();
      },
    });
    const buffers = buffersOf(stream, spare, mostSpare);
    return stream;
  };
}

/**
 * The memory of a stream's chunks: new for each chunk, but where the stream is piped into a plain response of node:http and nowhere else.
 * There a chunk that the network has taken is used again, after the end of the stream by another one. Otherwise downloads would leave
 * garbage behind faster than it is collected, and new memory costs more than reading the file.
 */
function buffersOf(stream: Readable, spare: Buffer[], mostSpare: () => number) {
  const pipe = stream.pipe;
  let response: PlainResponse | undefined;
  /** The last chunk, which nobody but the response has seen, and into which nothing is being read. */
  let own: Buffer | undefined;
  const alone = () => response !== undefined && stream.listenerCount("data") === 1;
  stream.pipe = (destination, options) => {
    own = undefined;
    response = isPlainResponse(destination) ? destination : undefined;
    const socket = response?.socket;
    destination.once("unpipe", () => {
      response = undefined;
      if (!stream.readableEnded) own = undefined;
    });
    destination.once("finish", () => {
      const taken = socket?.destroyed === false && socket.writableLength === 0;
      if (taken && own?.length === LARGEST_CHUNK && spare.length < mostSpare()) spare.push(own);
      own = undefined;
    });
    return pipe.call(stream, destination, options) as typeof destination;
  };
  return {
    take(size: number, most: number) {
      const last = response?.writableLength === 0 ? own : undefined;
      own = undefined;
      const free = last ?? (alone() && size === LARGEST_CHUNK ? spare.pop() : undefined);
      const fits = alone() && free !== undefined && free.length >= size && free.length <= most;
      const chunk = fits ? free : Buffer.allocUnsafeSlow(size);
      return {
        chunk,
        sent() {
          own = alone() ? chunk : undefined;
        },
      };
    },
  };
}

type PlainResponse = Writable & { socket: Writable | null };

/** A response whose `write` was replaced may keep chunks, such as one that is compressed on the way. */
function isPlainResponse(destination: object): destination is PlainResponse {
  return destination.constructor.name === "ServerResponse" && !Object.hasOwn(destination, "write");
}
