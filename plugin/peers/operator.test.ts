import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { PeerRecord } from "../ports/records.ts";
import { KEEP_AFTER_MS, openKeyring, PUBLISH_AHEAD_MS } from "../signing/keyring.ts";
import { memoryKeys, testSystem } from "../signing/signing.test-helper.ts";
import { operatorApi } from "./operator.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { memoryPeers } from "./peers.test-helper.ts";
import { createTrust } from "./trust.ts";

const ORIGIN = "https://own.example";

async function operator(encryptionKey?: string) {
  const system = testSystem();
  const store = { peers: memoryPeers(), keys: memoryKeys() };
  const keyring = await openKeyring({ store: store.keys, system, origin: ORIGIN, encryptionKey });
  const troubles = new Map<string, Partial<PeerRecord>>();
  const api = operatorApi({
    store,
    peers: {
      health: async (host) => {
        const record = await store.peers.get(host);
        return record && { ...record, ...troubles.get(host) };
      },
    },
    trust: createTrust({ deny: ["denied.example"] }, createPeerSettings()),
    keyring,
    system,
    origin: ORIGIN,
    encryptionKey,
    schema: async () => 1,
  });
  return { api, store, keyring, clock: system.clock, troubles };
}

const peer = (host: string, more: Partial<PeerRecord> = {}): PeerRecord => ({
  host,
  discovery: { provider: "Peer", apiVersion: "1.4.0" },
  jwks: null,
  fetchedAt: 5,
  failures: 0,
  unreachableSince: null,
  lastError: null,
  lastSeenAt: 7,
  updatedAt: 9,
  ...more,
});

describe("an operator's view of the peers", () => {
  it("has each with its state, page by page", async () => {
    const { api, store, troubles } = await operator();
    const lastError = { code: "peer-timeout", message: "It is silent.", at: 3, status: null };
    for (const host of ["a.example", "b.example", "denied.example"]) await store.peers.put(peer(host));
    troubles.set("b.example", { failures: 3, unreachableSince: 4, lastError });
    const first = await api.peers({ limit: 2 });
    expect(first.items).toMatchObject([
      { host: "a.example", state: "reachable", provider: "Peer", apiVersion: "1.4.0", lastSeenAt: 7, discoveredAt: 5 },
      { host: "b.example", state: "unreachable", failures: 3, unreachableSince: 4, lastError },
    ]);
    const { next = "" } = first;
    expect((await api.peers({ limit: 2, after: next })).items).toMatchObject([{ state: "refused" }]);
  });

  it("has a peer that never had a good discovery document", async () => {
    const { api, store } = await operator();
    await store.peers.put(peer("a.example", { discovery: null }));
    expect((await api.peers({ limit: 1 })).items).toMatchObject([{ provider: null, apiVersion: null }]);
  });
});

describe("an operator's view of the keys", () => {
  it.each([
    ["in the clear", undefined],
    ["encrypted at rest", randomBytes(32).toString("hex")],
  ])("follows a rotation, with keys %s", async (_name, encryptionKey) => {
    const { api, clock, keyring } = await operator(encryptionKey);
    const states = async () => (await api.keys()).map(({ state }) => state);
    expect(await states()).toEqual(["active"]);
    const rotated = await api.rotateKeys();
    expect(rotated).toMatchObject({ state: "next", activeAt: clock.now + PUBLISH_AHEAD_MS, goneAt: null });
    expect(await api.rotateKeys()).toEqual(rotated);
    expect(await states()).toEqual(["active", "next"]);
    expect((await api.keys()).map(({ kid }) => kid)).toEqual(keyring.publicJwks().keys.map(({ kid }) => kid));
    clock.now += PUBLISH_AHEAD_MS;
    expect(await states()).toEqual(["retiring", "active"]);
    clock.now += KEEP_AFTER_MS;
    expect((await api.keys()).map(({ kid }) => kid)).toEqual([rotated.kid]);
  });

  it("never shows a private key", async () => {
    const { api, store } = await operator();
    const { d } = JSON.parse([...store.keys.records.values()].find(({ use }) => use === "sign")?.material ?? "{}");
    expect(d).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(await api.keys())).not.toContain(d);
  });
});
