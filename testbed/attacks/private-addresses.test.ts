import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "../flows/fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";

/** Ways to write this machine and its neighbours. */
const NAMES = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.1",
  "0177.0.0.1",
  "0",
  "127.255.255.254",
  "localhost",
  "LOCALHOST.",
  "127.0.0.1.",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[2002:7f00:1::]",
  "１２７.0.0.1",
  "ⓛocalhost",
  "169.254.169.254",
];

describe.each(flowDatabases().slice(0, 1))("A private address", (database) => {
  let world: Federation<"guarded">;
  let alice: Person;
  let peer: FakePeer;
  const listeners: Server[] = [];
  let port = 0;
  let connections = 0;

  beforeAll(async () => {
    world = await federation(database, { guarded: { ocm: { peers: {} } } });
    alice = await world.servers.guarded.person();
    await alice.put("/file.txt", "content");
    peer = await world.fakePeer();
    for (const host of ["0.0.0.0", "::1"]) {
      const listener = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      const listening = new Promise((resolve) => listener.once("listening", resolve).once("error", resolve));
      listener.listen({ host, port, ipv6Only: host.includes(":") });
      await listening;
      const address = listener.address();
      if (typeof address === "object" && address !== null) port = address.port;
      listeners.push(listener);
    }
  });
  afterAll(async () => {
    for (const listener of listeners) listener.close();
    await world.close();
  });

  it.each(NAMES)("is not connected to, written as %s, whoever names it", async (name) => {
    const host = `${name}:${port}`;
    const shared = await alice.ask("POST", "/shares/sent", { path: "/file.txt", shareWith: `x@${host}` });
    expect(shared.json).toMatchObject({ status: "rejected", reason: { code: "peer-address-refused" } });
    const contact = await alice.ask("POST", "/contacts", { token: "token-of-nobody", provider: host });
    expect(contact.json).toMatchObject({ status: "failed" });
    const sender = `x@${host}`;
    const claim = await peer.post(world.servers.guarded, {
      path: "/ocm/shares",
      json: peer.notice(alice.address, { sender, owner: sender }),
      tweaks: { keyid: "any" },
    });
    expect(claim.json.code).toBe("signature-key-unavailable");
    expect(claim.text).not.toContain("address");
    expect(connections).toBe(0);
  });
});
