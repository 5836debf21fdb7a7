import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Expected } from "../paths/path.ts";
import { createAnswerReader } from "./answer-reader.ts";

export interface LoadOptions {
  port: number;
  connections: number;
  seconds: number;
  expected: Expected;
  /** The next request, or undefined when there is none left. */
  next(): Buffer | undefined;
  /** Connections that are open already; they are closed at the end too. @default new ones */
  lines?: readonly Line[];
  /** Longest wait for the next bytes of an answer, in milliseconds. @default 15,000 */
  patience?: number;
}

export interface Load {
  /** All of them as expected. */
  answers: number;
  /** Milliseconds from the first request to the last answer. */
  elapsed: number;
  /** Microseconds from a request to its answer. */
  latencies: RecordableHistogram;
}

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 15_000;
const READ_BYTES = 64 * 1024;
/** New connections that are under way at a time: the queue of a listening socket is short. */
const TOGETHER = 100;
const LONGEST_MICROSECONDS = 600_000_000;

/**
 * Sends requests on connections that stay open, on each the next one as soon as the last is answered, until the time is over or no
 * request is left.
 * @throws Error with the answer, when one is not as expected
 */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const latencies = createHistogram({ lowest: 1, highest: LONGEST_MICROSECONDS, figures: 3 });
  const lines = options.lines ?? (await openLines(options.port, options.connections));
  const load: Load = { answers: 0, elapsed: 0, latencies };
  const start = performance.now();
  try {
    await Promise.all(lines.map((line) => drive(line, options, start, load)));
  } finally {
    for (const { socket } of lines) socket.destroy();
  }
  return load;
}

/** A connection whose reader can be set. */
export interface Line {
  socket: Socket;
  read: (chunk: Buffer) => void;
}

/** Opens so many connections. @throws Error when one cannot be opened; none is left then */
export async function openLines(port: number, count: number): Promise<Line[]> {
  const lines: Line[] = [];
  try {
    while (lines.length < count) {
      const some = Array.from({ length: Math.min(TOGETHER, count - lines.length) }, () => openLine(port));
      const settled = await Promise.allSettled(some);
      lines.push(...settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
      const failed = settled.find((each) => each.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
    return lines;
  } catch (error) {
    for (const { socket } of lines) socket.destroy();
    throw error;
  }
}

async function openLine(port: number): Promise<Line> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback(bytes, buffer) {
        line.read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
        return true;
      },
    },
  });
  const line: Line = { socket, read: () => undefined };
  await once(socket, "connect");
  return line;
}

function drive(line: Line, options: LoadOptions, start: number, load: Load): Promise<void> {
  const { seconds, expected, next, patience = PATIENCE } = options;
  const { socket } = line;
  const deadline = start + seconds * 1000;
  const begins = Buffer.from(expected.begins ?? "");
  const isExpected = (status: number, beginning: Buffer) =>
    status === expected.status && beginning.compare(begins, 0, begins.length, 0, begins.length) === 0;

  return new Promise((resolve, reject) => {
    let sentAt = 0;
    const send = (now: number): void => {
      const request = now < deadline ? next() : undefined;
      sentAt = now;
      if (request === undefined) resolve();
      else socket.write(request);
    };
    const reader = createAnswerReader((status, beginning) => {
      const now = performance.now();
      if (!isExpected(status, beginning)) throw new Error(`Answered with ${status}: ${beginning}`);
      load.latencies.record(Math.max(1, Math.round((now - sentAt) * 1000)));
      load.answers += 1;
      load.elapsed = now - start;
      send(now);
    });
    line.read = (chunk) => {
      try {
        reader(chunk);
      } catch (error) {
        reject(error);
      }
    };
    socket.setTimeout(patience, () => reject(new Error(`No answer within ${patience / 1000} s.`)));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The server closed a connection.")));
    send(performance.now());
  });
}
