import { PassThrough, type Readable } from "node:stream";
import { TransportError } from "../../plugin/index.ts";
import type { VirtualClock } from "./clock.ts";

/** Bytes of one piece, and the milliseconds before each. */
const PIECE = 256;
const PAUSE = 60;
/** Of an answer without an end so many bytes come at a time. */
const FILLING = 16 * 1024;

/** An answer that is broken off within its body. */
export function broken(body: Readable, peer: string): Readable {
  const cut = new PassThrough();
  cut.on("error", () => undefined);
  body.on("error", () => undefined);
  body.once("data", (chunk: Buffer) => {
    cut.write(chunk.subarray(0, chunk.length >> 1));
    body.destroy();
    setImmediate(() => cut.destroy(new TransportError("reset", `${peer} broke the connection off.`)));
  });
  body.once("end", () => cut.destroy(new TransportError("reset", `${peer} broke the connection off.`)));
  return cut;
}

/** An answer that comes in small pieces. */
export function slowly(body: Readable, clock: VirtualClock): Readable {
  return made(body, async (slow) => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        await clock.sleep(PAUSE);
        if (slow.destroyed) return;
        slow.write(chunk.subarray(at, at + PIECE));
      }
    }
    slow.end();
  });
}

/** An answer after which more and more comes, until whoever reads has had enough. */
export function endless(body: Readable, clock: VirtualClock): Readable {
  return made(body, async (long) => {
    for await (const chunk of body as AsyncIterable<Buffer>) long.write(chunk);
    const filling = Buffer.alloc(FILLING, " ");
    while (!long.destroyed) {
      long.write(filling);
      await clock.sleep(PAUSE);
    }
  });
}

/** A stream that is written to by a job; it ends with the one that it comes from. */
function made(body: Readable, job: (stream: PassThrough) => Promise<void>): Readable {
  const stream = new PassThrough();
  stream.on("error", () => undefined);
  stream.once("close", () => body.destroy());
  job(stream).catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined));
  return stream;
}
