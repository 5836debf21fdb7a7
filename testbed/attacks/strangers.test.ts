import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "../flows/fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import type { Answer } from "../flows/http.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const STRANGERS = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, known: false } };
const TOO_MANY = { status: 429, json: { code: "too-many-requests" } };

/** A server that breaks off each connection, and counts them. */
async function bystander(): Promise<{ host: string; asked(): number; close(): void }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {}).destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { host: `localhost:${port}`, asked: () => connections, close: () => server.close() };
}

describe.each(flowDatabases())("Strangers, on $name,", (database) => {
  let world: Federation<"alpha" | "busy" | "open" | "lax">;
  let peer: FakePeer;

  beforeAll(async () => {
    const limits = { pendingPerSender: 2, pendingPerRecipient: 5 };
    world = await federation(database, {
      alpha: { ocm: { peers: STRANGERS, limits } },
      busy: { ocm: { limits: { requestsPerPeer: 3 } } },
      open: { ocm: { peers: STRANGERS, trust: { signatures: "if-peer-signs" } } },
      lax: { ocm: { trust: { signatures: "optional" }, limits: { requestsPerPeer: 3 } } },
    });
    peer = await world.fakePeer();
  });
  afterAll(() => world.close());

  function unsigned(server: { origin: string }, host: string, to: Person): Promise<Answer> {
    const json = { ...peer.notice(to.address), sender: `x@${host}`, owner: `x@${host}` };
    return peer.post(server, { path: "/ocm/shares", json, sign: false });
  }

  function send(to: Person, identifier: string, from = peer): Promise<Answer & { providerId: string }> {
    const sender = `${identifier}@${from.host}`;
    const json = from.notice(to.address, { sender, owner: sender });
    const sent = from.post(world.servers.alpha, { path: "/ocm/shares", json });
    return sent.then((answer) => ({ ...answer, providerId: json.providerId }));
  }

  it("do not lock a host out by speaking in its name", async () => {
    const { busy } = world.servers;
    const carol = await busy.person();
    const json = peer.notice(carol.address);
    for (let n = 0; n < 10; n += 1) {
      expect((await unsigned(busy, peer.host, carol)).json.code).toBe("signature-missing");
      const forged = { path: "/ocm/shares", json, tweaks: { bytes: Buffer.alloc(64) } };
      expect((await peer.post(busy, forged)).json.code).toBe("signature-invalid");
    }
    expect((await peer.post(busy, { path: "/ocm/shares", json })).status).toBe(201);
  });

  it("of one host do not send without end by inventing senders", async () => {
    const host = await world.fakePeer();
    let taken = 0;
    for (let n = 0; n < 25; n += 1) {
      const to = await world.servers.alpha.person();
      const answer = await send(to, `invented-${n}`, host);
      if (answer.status === 201) taken += 1;
      else expect(answer).toMatchObject(TOO_MANY);
    }
    expect(taken).toBe(20);
    const to = await world.servers.alpha.person();
    expect((await send(to, "somebody", await world.fakePeer())).status).toBe(201);
    world.clock.advance(HOUR);
    expect((await send(to, "later", host)).status).toBe(201);
  });

  it("do not fill the store with shares that they end at once, and those are forgotten after a day", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const host = await world.fakePeer();
    const statuses: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const { status, providerId } = await send(alice, "mallory", host);
      statuses.push(status);
      const json = { notificationType: "SHARE_UNSHARED", resourceType: "file", providerId };
      await host.post(alpha, { path: "/ocm/notifications", json });
    }
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429, 429]);
    expect(await alice.received()).toHaveLength(5);
    world.clock.advance(DAY + SECOND);
    await eventually("to be forgotten", async () => (await alice.received()).length === 0 || undefined);
  });

  it("send no text that is longer than lists can bear", async () => {
    const alice = await world.servers.alpha.person();
    const json = peer.notice(alice.address, { name: "x".repeat(5000), description: "x".repeat(5000) });
    const answer = await peer.post(world.servers.alpha, { path: "/ocm/shares", json });
    expect(answer).toMatchObject({ status: 400, json: { code: "invalid-fields" } });
    const errors = answer.json.validationErrors;
    expect(errors).toEqual(["name", "description"].map((name) => ({ name, message: "TOO_LONG" })));
  });

  it("do not fill its log with errors", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const errors = () => alpha.told.filter((line) => line.includes('"level":50'));
    const before = errors();
    const json = peer.notice(alice.address, { resourceType: "calendar" });
    expect((await peer.post(alpha, { path: "/ocm/shares", json })).status).toBe(501);
    expect(errors()).toEqual(before);
  });

  it("do not make this server ask others again and again", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const other = await bystander();
    const claim = () => {
      const json = { ...peer.notice(alice.address), sender: `x@${other.host}`, owner: `x@${other.host}` };
      return peer.post(alpha, { path: "/ocm/shares", json, tweaks: { keyid: "any" } });
    };
    for (let n = 0; n < 4; n += 1) {
      expect((await claim()).json.code).toBe("signature-key-unavailable");
      world.clock.advance(6 * SECOND);
    }
    const asked = other.asked();
    expect(asked).toBeGreaterThan(0);
    for (let n = 0; n < 10; n += 1) {
      world.clock.advance(60 * SECOND);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(other.asked()).toBe(asked);
    other.close();
  });

  it("that name an unreachable host where unsigned messages may be taken are refused, and it is no fault of ours", async () => {
    const { open } = world.servers;
    const other = await bystander();
    const answer = await unsigned(open, other.host, await open.person());
    expect(answer).toMatchObject({ status: 401, json: { code: "signature-key-unavailable" } });
    other.close();
  });

  it("do not use up what a host's signed messages may with unsigned ones", async () => {
    const { lax } = world.servers;
    const carol = await lax.person();
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await unsigned(lax, peer.host, carol)).status);
    expect(statuses).toEqual([201, 201, 201, 429, 429]);
    expect((await peer.post(lax, { path: "/ocm/shares", json: peer.notice(carol.address) })).status).toBe(201);
  });
});
