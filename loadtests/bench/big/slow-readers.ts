import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface SlowSetup {
  port: number;
  /** The bytes of the request. */
  request: Buffer;
  count: number;
}

/** Many downloads that are read as on a bad line. */
export interface SlowReaders {
  /** Lets each read a little, one after the other, for so long. Returns how many are still connected. */
  read(seconds: number): Promise<number>;
  close(): void;
}

/** New connections that are under way at a time: the queue of a listening socket is short. */
const TOGETHER = 100;
const TURNS_PER_SECOND = 50;

/** Opens them all; each has had the beginning of its answer. @throws Error when one is refused or not answered */
export async function openSlowReaders({ port, request, count }: SlowSetup): Promise<SlowReaders> {
  const sockets: Socket[] = [];
  const openSome = async () => {
    while (sockets.length < count) {
      const socket = connect({ port, host: "127.0.0.1" });
      sockets.push(socket);
      await once(socket, "connect");
      socket.write(request);
      const [chunk] = (await once(socket, "data")) as [Buffer];
      socket.pause();
      socket.on("error", () => undefined);
      const head = chunk.toString("latin1", 0, 12);
      if (head !== "HTTP/1.1 200") throw new Error(`A slow download was answered with ${head}.`);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, openSome));
  return {
    async read(seconds) {
      const each = Math.ceil(count / (seconds * TURNS_PER_SECOND));
      for (let first = 0; first < count; first += each) {
        for (const socket of sockets.slice(first, first + each)) {
          socket.once("data", () => socket.pause());
          socket.resume();
        }
        await new Promise((resolve) => setTimeout(resolve, 1000 / TURNS_PER_SECOND));
      }
      return sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
