import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection on which a test writes HTTP by hand. */
export interface RawConnection extends AsyncDisposable {
  socket: Socket;
  /** Sends a request line and fields; `Host` is added. */
  head(line: string, fields?: Record<string, string>): void;
  /**
   * The status of the first answer that is no 100, once its head is there; 0 where the connection ends without one. Nothing more is
   * read until the socket is resumed.
   */
  status(): Promise<number>;
  /** Milliseconds until the other side closes the connection. */
  closed(): Promise<number>;
}

export async function rawConnection(origin: string): Promise<RawConnection> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  socket.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    socket,
    head(line, fields = {}) {
      const lines = Object.entries({ Host: host, ...fields }).map(([name, value]) => `${name}: ${value}`);
      socket.write(`${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    },
    status() {
      let text = "";
      const found = new Promise<number>((resolve) => {
        const read = (chunk: Buffer) => {
          text = (text + chunk.toString("latin1")).slice(0, 4096).replace(/^HTTP\/1\.1 100[\s\S]*?\r\n\r\n/, "");
          const status = /^HTTP\/1\.1 (\d{3})[\s\S]*?\r\n\r\n/.exec(text)?.[1];
          if (status === undefined) return;
          socket.off("data", read).pause();
          resolve(Number(status));
        };
        socket.on("data", read);
      });
      return Promise.race([found, ended.then(() => 0)]);
    },
    async closed() {
      const from = performance.now();
      socket.resume();
      await ended;
      return performance.now() - from;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await ended;
    },
  };
}
