import { IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex, Readable } from "node:stream";

/** A request as it arrives at a server. */
export interface Arriving {
  method: string;
  /** Path and query. */
  path: string;
  /** Names in small letters. */
  headers: Record<string, string>;
  body: Uint8Array | Readable | null;
  /** Told of the bytes of bodies as they go by. */
  count?(bytes: number, isAnswer: boolean): void;
}

/** The answer of a server, once its head is there. */
export interface Answered {
  status: number;
  /** Names in small letters; repeated ones are joined with ", ". */
  headers: Record<string, string>;
  /** Bytes of the head as it would go over a wire. */
  headBytes: number;
  /** Fails with the error of `broken` when the server breaks it off. */
  body: Readable;
}

/** One HTTP exchange with a server in this process: its own requests and responses of node:http, on a connection of memory. */
export interface Exchange {
  answered: Promise<Answered>;
  /** Ends the connection, as when the other side is gone. The server notices. */
  cut(): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * Sends a request into the callback of a server.
 * @param broken makes the error for an answer that does not come or does not end
 */
export function exchange(listener: RequestListener, arriving: Arriving, broken: () => Error): Exchange {
  const { promise: answered, resolve, reject } = Promise.withResolvers<Answered>();
  answered.catch(() => undefined);
  let head: Buffer | undefined;
  let isOver = false;
  let proceed: (() => void) | undefined;
  const body = new Readable({
    read() {
      const go = proceed;
      proceed = undefined;
      go?.();
    },
    destroy(error, done) {
      // Whoever reads has had enough.
      if (!isOver) connection.destroy();
      done(error);
    },
  });
  body.on("error", () => undefined);

  const connection = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      let content = chunk;
      if (!isAnswered()) {
        const seen: Buffer = head === undefined ? chunk : Buffer.concat([head, chunk]);
        const end = seen.indexOf(HEAD_END);
        head = seen;
        if (end === -1) return done();
        content = seen.subarray(end + HEAD_END.length);
        answer(end + HEAD_END.length);
      }
      arriving.count?.(content.length, true);
      if (content.length === 0 || body.push(content)) done();
      else proceed = done;
    },
    final(done) {
      done();
    },
    destroy(error, done) {
      end(false);
      proceed = undefined;
      done(error);
    },
  });
  connection.on("error", () => undefined);
  const socket = asSocket(connection);
  const req = request(arriving, socket);
  const res = new ServerResponse(req);
  // The machine's clock must not show; and the end of the connection is the end of the body.
  res.sendDate = false;
  res.useChunkedEncodingByDefault = false;
  res.assignSocket(socket);
  connection.on("drain", () => res.emit("drain"));
  let told = false;

  function isAnswered(): boolean {
    return told;
  }

  function answer(headBytes: number): void {
    told = true;
    resolve({ status: res.statusCode, headers: joined(res.getHeaders()), headBytes, body });
  }

  function end(complete: boolean): void {
    if (isOver) return;
    isOver = true;
    if (complete) body.push(null);
    else {
      const error = broken();
      reject(error);
      body.destroy(error);
      if (!req.destroyed) req.destroy();
    }
  }

  res.once("finish", () => {
    end(true);
    res.detachSocket(socket);
    // As a server of node:http does once an answer is out.
    process.nextTick(() => res.emit("close"));
    if (!req.readableEnded) req.resume();
  });
  listener(req, res);
  return {
    answered,
    cut() {
      connection.destroy();
    },
  };
}

function request({ method, path, headers, body, count }: Arriving, socket: Socket): IncomingMessage {
  const req = new IncomingMessage(socket);
  req.method = method;
  req.url = path;
  req.httpVersion = "1.1";
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  req.rawHeaders = Object.entries(headers).flat();
  req.headers = headers;
  req.on("error", () => undefined);
  if (body instanceof Readable) follow(req, body, count);
  else {
    count?.(body?.length ?? 0, false);
    if (body !== null && body.length > 0) req.push(body);
    req.push(null);
    req.complete = true;
  }
  return req;
}

/** The request's body is what comes of a stream; where that fails, the connection is cut. */
function follow(req: IncomingMessage, source: Readable, count: Arriving["count"]): void {
  req._read = () => void source.resume();
  source.on("data", (chunk) => {
    count?.(chunk.length, false);
    if (!req.push(chunk)) source.pause();
  });
  source.once("end", () => {
    req.complete = true;
    req.push(null);
  });
  source.once("error", () => req.destroy());
  source.once("close", () => {
    if (!req.complete) req.destroy();
  });
  source.pause();
}

/** What Koa and node:http want of a connection beside the stream. */
function asSocket(connection: Duplex): Socket {
  const members = {
    remoteAddress: "192.0.2.1",
    encrypted: true,
    setTimeout: () => connection,
    setKeepAlive: () => connection,
    setNoDelay: () => connection,
    ref: () => connection,
    unref: () => connection,
    connecting: false,
  };
  return Object.assign(connection, members) as unknown as Socket;
}

function joined(headers: NodeJS.Dict<number | string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
  );
}
