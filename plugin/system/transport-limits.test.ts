import type net from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { TransportError } from "../ports/system.ts";
import { machine } from "./machine.ts";
import { anywhere, failure, get, keep } from "./requests.test-helper.ts";
import { serve, serveRaw } from "./servers.test-helper.ts";

describe("time", () => {
  it("limits name resolution and connecting together", async () => {
    const system = keep(machine({ lookup: () => new Promise(() => {}) }));
    const error = await failure(system.fetch(get("http://slow-dns.test/", anywhere({ timeout: 200 }))));
    expect(error.failure).toBe("timeout");
  });

  it("limits the TLS handshake", async () => {
    const server = keep(await serveRaw(() => {}));
    const error = await failure(
      keep(machine()).fetch(get(`https://127.0.0.1:${server.port}/`, anywhere({ timeout: 200 }))),
    );
    expect(error.failure).toBe("timeout");
  });

  it("limits the wait for the head, also when it comes byte by byte", async () => {
    const server = keep(
      await serveRaw((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const drip = setInterval(() => socket.write("x"), 50);
        socket.on("close", () => clearInterval(drip));
      }),
    );
    const url = `http://127.0.0.1:${server.port}/`;
    const error = await failure(keep(machine()).fetch(get(url, anywhere(), { headersTimeout: 300 })));
    expect(error.failure).toBe("timeout");
    expect(error.message).toContain("did not answer in time");
  });

  it("limits silence within the body, and only silence", async () => {
    const server = keep(
      await serve((_request, response) => {
        let chunks = 0;
        const drip = setInterval(() => (++chunks < 8 ? response.write("x") : clearInterval(drip)), 50);
      }),
    );
    const url = `http://127.0.0.1:${server.port}/`;
    const answer = await keep(machine()).fetch(get(url, anywhere(), { idleTimeout: 300 }));
    let read = 0;
    answer.body.on("data", (chunk) => {
      read += chunk.length;
    });
    const error = await new Promise<TransportError>((resolve) => answer.body.on("error", resolve as () => void));
    expect(read).toBe(7);
    expect(error.failure).toBe("timeout");
    expect(error.message).toContain("fell silent");
  });

  it("limits a stall of the body that is sent", async () => {
    const server = keep(await serveRaw((socket) => socket.pause()));
    const body = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65536);
      })(),
    );
    const url = `http://127.0.0.1:${server.port}/`;
    const error = await failure(
      keep(machine()).fetch(get(url, anywhere(), { method: "PUT", body, headersTimeout: 300 })),
    );
    expect(error.failure).toBe("timeout");
  });

  it("tells a deadline from an abort by the caller", async () => {
    const server = keep(await serve(() => {}));
    const url = `http://127.0.0.1:${server.port}/`;
    const system = keep(machine());
    const late = await failure(system.fetch(get(url, anywhere(), { signal: system.timeout(100) })));
    expect(late.failure).toBe("timeout");
    const caller = new AbortController();
    setTimeout(() => caller.abort(), 100);
    const aborted = await failure(system.fetch(get(url, anywhere(), { signal: caller.signal })));
    expect(aborted.failure).toBe("aborted");
    const before = await failure(system.fetch(get(url, anywhere(), { signal: AbortSignal.abort() })));
    expect(before.failure).toBe("aborted");
  });
});

describe("peers that misbehave", () => {
  it.each([
    ["closes at once", (socket: net.Socket) => socket.destroy()],
    ["resets", (socket: net.Socket) => socket.resetAndDestroy()],
    ["does not speak HTTP", (socket: net.Socket) => socket.end("SSH-2.0-OpenSSH_9\r\n")],
    ["sends an endless head", (socket: net.Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}`)],
  ])("fails with `reset` when the peer %s", async (_name, behave) => {
    const server = keep(await serveRaw((socket) => socket.once("data", () => behave(socket))));
    const error = await failure(keep(machine()).fetch(get(`http://127.0.0.1:${server.port}/`, anywhere())));
    expect(error.failure).toBe("reset");
    expect(error.message).toContain(`127.0.0.1:${server.port}`);
  });

  it("fails a body that is cut short with a TransportError", async () => {
    const server = keep(
      await serve((_request, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("part");
        setTimeout(() => response.destroy(), 50);
      }),
    );
    const answer = await keep(machine()).fetch(get(`http://127.0.0.1:${server.port}/`, anywhere()));
    const error = await failure(buffer(answer.body));
    expect(error.name).toBe("TransportError");
    expect(error.failure).toBe("reset");
  });

  it("survives a body that nobody reads and a body that is given up", async () => {
    const server = keep(
      await serve((_request, response) => {
        response.write("x".repeat(1000));
        setTimeout(() => response.destroy(), 50);
      }),
    );
    const system = keep(machine());
    const url = `http://127.0.0.1:${server.port}/`;
    await system.fetch(get(url, anywhere()));
    (await system.fetch(get(url, anywhere()))).body.destroy();
    await new Promise((resolve) => setTimeout(resolve, 150));
  });
});
