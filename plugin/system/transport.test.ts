import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { machine } from "./machine.ts";
import { anywhere, failure, get, hello, keep, noLoopback } from "./requests.test-helper.ts";
import { closedPort, serve } from "./servers.test-helper.ts";

describe("an exchange", () => {
  it("gives status, lower-case headers and the streamed body, and asks for no compression", async () => {
    let encodings: string | undefined;
    const server = keep(
      await serve((request, response) => {
        encodings = request.headers["accept-encoding"];
        response.setHeader("X-Twice", ["a", "b"]);
        response.statusCode = 203;
        request.pipe(response);
      }),
    );
    const system = keep(machine());
    const url = `http://127.0.0.1:${server.port}/path?query`;
    const answer = await system.fetch(
      get(url, anywhere(), { method: "POST", body: Buffer.from("body"), headers: { "Accept-Encoding": "gzip" } }),
    );
    expect(answer.status).toBe(203);
    expect(answer.headers["x-twice"]).toBe("a, b");
    expect(await text(answer.body)).toBe("body");
    expect(encodings).toBe("identity");
    expect(server.requests).toEqual(["POST /path?query"]);
  });

  it("does not follow redirects", async () => {
    const server = keep(await serve((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end()));
    const answer = await keep(machine()).fetch(get(`http://127.0.0.1:${server.port}/`, anywhere()));
    await buffer(answer.body);
    expect(answer.status).toBe(302);
    expect(server.requests).toEqual(["GET /"]);
  });

  it("reuses a connection for one policy, and never shares it with another policy", async () => {
    const server = keep(await serve(hello));
    const system = keep(machine());
    const url = `http://127.0.0.1:${server.port}/`;
    const policy = anywhere();
    for (let n = 0; n < 3; n += 1) {
      await buffer((await system.fetch(get(url, policy))).body);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.connections).toBe(1);
    await buffer((await system.fetch(get(url, anywhere()))).body);
    expect(server.connections).toBe(2);
  });

  it("takes the host from the URL, whatever the headers say", async () => {
    const server = keep(await serve(hello));
    const url = `http://127.0.0.1:${server.port}/`;
    const answer = await keep(machine()).fetch(get(url, anywhere(), { headers: { Host: "evil.test" } }));
    expect(await text(answer.body)).toBe(`hello 127.0.0.1:${server.port}`);
  });

  it.each(["ftp://example.org/", "https://user:secret@example.org/", "nonsense"])("refuses the URL %s", async (url) => {
    const error = await failure(keep(machine()).fetch(get(url, anywhere())));
    expect(error.failure).toBe("bad-url");
    expect(error.message).not.toContain("secret");
  });

  it("sends a stream and keeps up with a slow reader without a deadline", async () => {
    const size = 4 * 1024 * 1024;
    const server = keep(await serve((request, response) => request.pipe(response)));
    const body = Readable.from(
      (function* () {
        for (let n = 0; n < 64; n += 1) yield Buffer.alloc(size / 64, n);
      })(),
    );
    const url = `http://127.0.0.1:${server.port}/`;
    const answer = await keep(machine()).fetch(get(url, anywhere(), { method: "PUT", body }));
    let read = 0;
    for await (const chunk of answer.body) {
      read += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(read).toBe(size);
  });
});

describe("addresses", () => {
  it.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "１２７.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "localhost",
  ])("refuses http://%s before a connection is made", async (host) => {
    const server = keep(await serve(hello));
    const policy = { ...noLoopback(), refuse: (address: string) => `refused ${address}` };
    const error = await failure(keep(machine()).fetch(get(`http://${host}:${server.port}/`, policy)));
    expect(error.failure).toBe("address-refused");
    expect(error.message).toMatch(/refused (127\.0\.0\.1|::1|::ffff:7f00:1)/);
    expect(server.connections).toBe(0);
  });

  it("asks about every address and connects to permitted ones only", async () => {
    const server = keep(await serve(hello));
    const forbidden = keep(await serve(hello, { address: "127.0.0.3", port: server.port }));
    const asked: string[] = [];
    const system = keep(machine({ lookup: async () => ["127.0.0.3", "127.0.0.1", "169.254.169.254"] }));
    const policy = anywhere({
      refuse(address) {
        asked.push(address);
        return address === "127.0.0.1" ? null : "private";
      },
    });
    const answer = await system.fetch(get(`http://several.test:${server.port}/`, policy));
    expect(await text(answer.body)).toBe(`hello several.test:${server.port}`);
    expect(new Set(asked)).toEqual(new Set(["127.0.0.3", "127.0.0.1", "169.254.169.254"]));
    expect(forbidden.connections).toBe(0);
  });

  it("tries the next address when the first refuses the connection", async () => {
    const server = keep(await serve(hello, { address: "127.0.0.2" }));
    const system = keep(machine({ lookup: async () => ["127.0.0.9", "127.0.0.2"] }));
    const answer = await system.fetch(get(`http://several.test:${server.port}/`, anywhere()));
    expect(answer.status).toBe(200);
    await buffer(answer.body);
  });

  it("names the addresses that it tried in vain", async () => {
    const port = await closedPort();
    const system = keep(machine({ lookup: async () => ["127.0.0.9", "127.0.0.1"] }));
    const error = await failure(system.fetch(get(`http://several.test:${port}/`, anywhere())));
    expect(error.failure).toBe("connect");
    expect(error.message).toBe(`several.test:${port} refused the connection (ECONNREFUSED at 127.0.0.9, 127.0.0.1).`);
  });

  it("connects to the address that was checked, so that a name cannot rebind", async () => {
    const server = keep(await serve(hello));
    const answers = [["192.0.2.1"], ["127.0.0.1"]];
    let lookups = 0;
    const system = keep(machine({ lookup: async () => answers[Math.min(lookups++, 1)] ?? [] }));
    const error = await failure(
      system.fetch(get(`http://rebinding.test:${server.port}/`, noLoopback({ timeout: 600 }))),
    );
    expect(["timeout", "connect"]).toContain(error.failure);
    expect(lookups).toBe(1);
    expect(server.connections).toBe(0);
  });

  it("checks again when a pool connects again", async () => {
    const server = keep(await serve((_request, response) => response.writeHead(200, { connection: "close" }).end()));
    let refusing = false;
    const policy = anywhere({ refuse: () => (refusing ? "changed its mind" : null) });
    const system = keep(machine());
    const url = `http://127.0.0.1:${server.port}/`;
    await buffer((await system.fetch(get(url, policy))).body);
    refusing = true;
    const error = await failure(system.fetch(get(url, policy)));
    expect(error.failure).toBe("address-refused");
    expect(server.requests).toHaveLength(1);
  });

  it("checks the address that it is really connected to", async () => {
    const server = keep(await serve(hello));
    let questions = 0;
    const policy = anywhere({ refuse: () => (questions++ === 0 ? null : "not this one") });
    const error = await failure(keep(machine()).fetch(get(`http://127.0.0.1:${server.port}/`, policy)));
    expect(error.failure).toBe("address-refused");
    expect(server.requests).toEqual([]);
  });

  it("says that a name does not exist", async () => {
    const error = await failure(keep(machine()).fetch(get("http://no-such-host.invalid/", anywhere())));
    expect(error.failure).toBe("dns");
    expect(error.message).toMatch(/^The name of no-such-host\.invalid cannot be resolved\./);
    expect((await failure(keep(machine()).resolve("no-such-host.invalid"))).failure).toBe("dns");
  });

  it("says that a name has no address", async () => {
    const error = await failure(keep(machine({ lookup: async () => [] })).fetch(get("http://empty.test/", anywhere())));
    expect(error.failure).toBe("dns");
  });
});
