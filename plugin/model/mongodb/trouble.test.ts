import { once } from "node:events";
import { connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { invite, outboxEntry } from "../contract/samples.ts";
import { openStore } from "../open-store.ts";
import { databases } from "../test-databases.test-helper.ts";
import { ORIGIN, testSystem } from "../test-system.test-helper.ts";

/** A way to the server that can be cut. */
async function cuttable(hostname: string, serverPort: number) {
  const sockets = new Set<Socket>();
  const serve = (port: number): Server =>
    createServer((client) => {
      const server = connectSocket(serverPort, hostname);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
        from.pipe(to);
      }
    }).listen(port, "127.0.0.1");
  let server = serve(0);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    async mend() {
      server = serve(port);
      await once(server, "listening");
    },
  };
}

const mongo = databases().find(({ name }) => name === "MongoDB");

describe.runIf(mongo !== undefined)("A MongoDB store in trouble", () => {
  it("writes the others when a document of a group cannot be sent", async () => {
    const { url, drop } = (await mongo?.make()) ?? { url: "", drop: async () => {} };
    const store = await openStore({ database: url, origin: ORIGIN, system: testSystem });
    const good = Array.from({ length: 3 }, () => invite());
    const large = invite({ note: "x".repeat(17 * 2 ** 20) });
    const odd = invite({ outbox: [outboxEntry(1, { body: { "nul \u0000 in a key": 1 } })] });
    const [first, ...others] = good;
    const outcomes = await Promise.allSettled(
      [first ?? odd, large, odd, ...others].map((record) => store.invites.insert(record)),
    );
    expect(outcomes).toMatchObject([
      { value: true },
      { reason: { code: "internal" } },
      { reason: { code: "internal" } },
      { value: true },
      { value: true },
    ]);
    for (const record of good) expect(await store.invites.get(record.id)).toEqual(record);
    await store.close();
    await drop();
  });

  it("refuses reads and writes while its server is away, and recovers by itself", { timeout: 30_000 }, async () => {
    const { url, drop } = (await mongo?.make()) ?? { url: "", drop: async () => {} };
    const target = new URL(url);
    const way = await cuttable(target.hostname, Number(target.port));
    target.port = String(way.port);
    target.searchParams.set("serverSelectionTimeoutMS", "2000");
    // Else the driver goes straight to the address that the server says it has.
    target.searchParams.set("directConnection", "true");
    const store = await openStore({ database: target.href, origin: ORIGIN, system: testSystem });
    const record = invite();
    await store.invites.insert(record);
    way.cut();
    const unavailable = { code: "unavailable", retryAfter: expect.any(Number), cause: expect.any(Error) };
    const calls = [
      store.invites.get(record.id),
      store.invites.insert(invite()),
      store.invites.replace(record),
      store.counters.bump("k", 1, 2),
      store.leases.acquire("a", "b", 1, 1),
      store.ping(),
    ];
    await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject(unavailable)));
    await way.mend();
    await expect
      .poll(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    expect(await store.invites.get(record.id)).toEqual(record);
    expect(await store.invites.replace(record)).toBe(true);
    await store.close();
    way.cut();
    await drop();
  });
});
