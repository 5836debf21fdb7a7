import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** Pieces that a chunk of a slow answer is cut into, the milliseconds between two, and after how many it goes on as usual. */
const PIECES = 8;
const PIECE_EVERY = 40;
const SLOW_PIECES = 24;
/** What an endless answer goes on with. Spaces after JSON and XML mean nothing, so only the length is wrong. */
const PADDING = Buffer.alloc(64 * 1024, " ");

/** The head and a part of the body, and then the end of the connection. */
export async function sendCut(answer: IncomingMessage, body: Readable, res: ServerResponse): Promise<void> {
  res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  res.flushHeaders();
  for await (const chunk of body as AsyncIterable<Buffer>) {
    await written(res, chunk.subarray(0, Math.floor(chunk.length / 2)));
    break;
  }
  await delay(5);
  res.destroy();
}

/** Everything, in small pieces with pauses. */
export async function sendSlowly(answer: IncomingMessage, body: Readable, res: ServerResponse): Promise<void> {
  res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  let slow = SLOW_PIECES;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const size = slow > 0 ? Math.ceil(chunk.length / PIECES) : chunk.length;
    for (let at = 0; at < chunk.length; at += size) {
      if (slow > 0) await delay(PIECE_EVERY);
      slow -= 1;
      await written(res, chunk.subarray(at, at + size));
    }
  }
  res.end();
}

/** Everything, and then more, until whoever asked goes away. */
export async function sendEndless(answer: IncomingMessage, body: Readable, res: ServerResponse): Promise<void> {
  const headers = answer.rawHeaders.filter((_, index, all) => {
    const name = all[index - (index % 2)]?.toLowerCase();
    return name !== "content-length" && name !== "transfer-encoding" && name !== "connection";
  });
  res.writeHead(answer.statusCode ?? 502, headers);
  for await (const chunk of body as AsyncIterable<Buffer>) await written(res, chunk);
  while (!res.destroyed) {
    await written(res, PADDING);
    await delay(10);
  }
}

/** Writes, and waits until there is room again. Whoever has gone away ends the waiting. */
async function written(res: ServerResponse, chunk: Buffer): Promise<void> {
  if (res.destroyed || res.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      res.off("drain", go).off("close", go);
      resolve();
    };
    res.on("drain", go).on("close", go);
  });
}
