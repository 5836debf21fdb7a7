import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KEEP_AFTER_MS, type KeyringOptions, openKeyring, PUBLISH_AHEAD_MS } from "./keyring.ts";
import { createSealer } from "./sealer.ts";
import { memoryKeys, NOW, testSystem } from "./signing.test-helper.ts";

const ORIGIN = "https://cloud.example.org";
const SECRET = randomBytes(32);
const HEX = SECRET.toString("hex");

function openOn(options: Partial<KeyringOptions> = {}) {
  return openKeyring({ store: memoryKeys(), system: testSystem(), origin: ORIGIN, ...options });
}

const materialOf = (store: ReturnType<typeof memoryKeys>) =>
  [...store.records.values()].map(({ material }) => material);

describe("the keyring", () => {
  it("makes one key of each use at the first start, and keeps them", async () => {
    const store = memoryKeys();
    const first = await openOn({ store });
    expect([...store.records.keys()].sort()).toEqual(["seal-1", "sign-1", "token-1"]);
    expect(store.records.get("sign-1")).toMatchObject({ use: "sign", createdAt: NOW, activeAt: NOW, retiredAt: null });
    const before = structuredClone(store.records);
    const again = await openOn({ store });
    expect(store.records).toEqual(before);
    expect(again.activeSigningKey().kid).toBe(first.activeSigningKey().kid);
    expect(again.secretKey("seal").key.equals(first.secretKey("seal").key)).toBe(true);
    expect(again.secretKey("token").key.equals(first.secretKey("seal").key)).toBe(false);
  });

  it("makes one set of keys when many processes start at once", async () => {
    const store = memoryKeys();
    const rings = await Promise.all(Array.from({ length: 8 }, () => openOn({ store, encryptionKey: HEX })));
    expect(store.records.size).toBe(3);
    expect(new Set(rings.map((ring) => ring.activeSigningKey().kid)).size).toBe(1);
    const [one, two] = rings.map((ring) => createSealer(ring, testSystem()));
    expect(two?.open(one?.seal("x", "p") ?? { keyId: "", data: "" }, "p")).toBe("x");
  });

  it("completes a set that a killed process left unfinished", async () => {
    const store = memoryKeys();
    const first = await openOn({ store });
    await store.remove("token-1");
    expect((await openOn({ store })).activeSigningKey().kid).toBe(first.activeSigningKey().kid);
    expect(store.records.has("token-1")).toBe(true);
  });

  it("says so when the store does not keep what it is given", async () => {
    const store = { ...memoryKeys(), insert: async () => true };
    await expect(openOn({ store })).rejects.toThrow("The store does not keep the keys");
  });

  it("publishes the public half of what it signs with, named by origin and thumbprint (SIG-01, D-08, D-16)", async () => {
    const ring = await openOn({ origin: "https://Cloud.example.org:443/" });
    const [jwk] = ring.publicJwks().keys;
    expect(ring.publicJwks().keys).toHaveLength(1);
    expect(jwk?.kid).toMatch(/^https:\/\/cloud\.example\.org\/ocm#[\w-]{43}$/);
    expect(jwk?.kid).toBe(ring.activeSigningKey().kid);
    expect(jwk?.x).toBe(createPublicKey(ring.activeSigningKey().privateKey).export({ format: "jwk" }).x);
    expect(JSON.stringify(ring.publicJwks())).not.toContain('"d"');
  });

  it("keeps the scheme of a plain http origin in its kid", async () => {
    const ring = await openOn({ origin: "http://localhost:9200" });
    expect(ring.activeSigningKey().kid).toMatch(/^http:\/\/localhost:9200\/ocm#/);
  });

  it("takes all randomness from the system, so that the same seed makes the same keys", async () => {
    const system = { now: () => NOW, random: (_: string, bytes: number) => Buffer.alloc(bytes, 7) };
    const [one, two] = [await openOn({ system }), await openOn({ system })];
    expect(one.activeSigningKey().kid).toBe(two.activeSigningKey().kid);
  });
});

describe("a rotation", () => {
  it("publishes the new key, signs with it a cache time later, and withdraws the old one afterwards", async () => {
    const store = memoryKeys();
    const system = testSystem();
    const ring = await openOn({ store, system });
    const old = ring.activeSigningKey().kid;
    const { kid, activeAt } = await ring.rotate();
    const published = () => ring.publicJwks().keys.map((jwk) => jwk.kid);

    expect(activeAt).toBe(NOW + PUBLISH_AHEAD_MS);
    expect(published()).toEqual([old, kid]);
    system.clock.now = activeAt - 1;
    expect(ring.activeSigningKey().kid).toBe(old);
    system.clock.now = activeAt;
    expect(ring.activeSigningKey().kid).toBe(kid);
    expect(published()).toEqual([kid, old]);
    system.clock.now = activeAt + KEEP_AFTER_MS - 1;
    expect(published()).toEqual([kid, old]);
    system.clock.now = activeAt + KEEP_AFTER_MS;
    expect(published()).toEqual([kid]);
    expect(store.records.get("sign-1")).toMatchObject({ retiredAt: activeAt, goneAt: activeAt + KEEP_AFTER_MS });
    await ring.refresh();
    expect([...store.records.keys()].sort()).toEqual(["seal-1", "sign-2", "token-1"]);
    expect(ring.activeSigningKey().kid).toBe(kid);
  });

  it("keeps the old key until far after its last signature is stale", () => {
    expect(KEEP_AFTER_MS).toBeGreaterThan((300 + 60) * 1000);
  });

  it("is one rotation, whichever and however many processes ask for it", async () => {
    const store = memoryKeys();
    const rings = await Promise.all([openOn({ store }), openOn({ store }), openOn({ store })]);
    const keys = await Promise.all([...rings, ...rings].map((ring) => ring.rotate()));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    expect((await rings[0]?.rotate())?.kid).toBe(keys[0]?.kid);
    expect([...store.records.keys()].filter((id) => id.startsWith("sign"))).toEqual(["sign-1", "sign-2"]);
  });

  it("can follow another, and its keys take over in their order", async () => {
    const store = memoryKeys();
    const system = testSystem();
    const ring = await openOn({ store, system });
    for (let n = 0; n < 12; n++) {
      const { activeAt, kid } = await ring.rotate();
      system.clock.now = activeAt;
      expect(ring.activeSigningKey().kid).toBe(kid);
    }
    await ring.refresh();
    expect([...store.records.keys()].filter((id) => id.startsWith("sign"))).toEqual(["sign-12", "sign-13"]);
  });

  it("shows in another process after a refresh", async () => {
    const store = memoryKeys();
    const [one, two] = [await openOn({ store }), await openOn({ store })];
    const { kid } = await one.rotate();
    expect(two.publicJwks().keys).toHaveLength(1);
    await two.refresh();
    expect(two.publicJwks().keys.map((jwk) => jwk.kid)).toContain(kid);
  });

  it("is finished by whoever reads the store next, when the process that began it was killed", async () => {
    const store = memoryKeys();
    const ring = await openOn({ store });
    const { activeAt } = await ring.rotate();
    const old = store.records.get("sign-1");
    if (old) store.records.set("sign-1", { ...old, retiredAt: null, goneAt: null });
    await openOn({ store });
    expect(store.records.get("sign-1")).toMatchObject({ retiredAt: activeAt, goneAt: activeAt + KEEP_AFTER_MS });
  });

  it("leaves the JWK Set the same object as long as nothing changed", async () => {
    const ring = await openOn();
    const before = ring.publicJwks();
    await ring.refresh();
    expect(ring.publicJwks()).toBe(before);
    await ring.rotate();
    expect(ring.publicJwks()).not.toBe(before);
  });

  it("does not leave a server without a key when its clock is set back", async () => {
    const system = testSystem();
    const ring = await openOn({ system });
    const { kid } = ring.activeSigningKey();
    await ring.rotate();
    system.clock.now = 0;
    expect(ring.activeSigningKey().kid).toBe(kid);
  });

  it("publishes the keys of the time when its clock is set back", async () => {
    const system = testSystem();
    const ring = await openOn({ system });
    const old = ring.activeSigningKey().kid;
    const { kid, activeAt } = await ring.rotate();
    const published = () => ring.publicJwks().keys.map((jwk) => jwk.kid);
    system.clock.now = activeAt;
    expect(published()).toEqual([kid, old]);
    system.clock.now = NOW;
    expect(published()).toEqual([old, kid]);
  });
});

describe("with an encryptionKey", () => {
  it("no private material is in the store in the clear", async () => {
    const store = memoryKeys();
    const ring = await openOn({ store, encryptionKey: HEX });
    const jwk = ring.activeSigningKey().privateKey.export({ format: "jwk" });
    const secrets = [jwk.d, ring.secretKey("seal").key.export().toString("base64url"), jwk.x];
    for (const secret of secrets) expect(JSON.stringify([...store.records.values()])).not.toContain(secret);
    for (const record of store.records.values()) expect(record.wrappedBy).toMatch(/^[0-9a-f]{16}$/);
    expect((await openOn({ store, encryptionKey: SECRET.toString("base64") })).activeSigningKey().kid).toBe(
      ring.activeSigningKey().kid,
    );
    await ring.rotate();
    expect(store.records.get("sign-2")?.wrappedBy).not.toBeNull();
  });

  it("keys that are in the clear are taken, and encrypted at once", async () => {
    const store = memoryKeys();
    const { kid } = (await openOn({ store })).activeSigningKey();
    expect(
      createPrivateKey({ key: JSON.parse(store.records.get("sign-1")?.material ?? ""), format: "jwk" }),
    ).toBeDefined();
    const clear = materialOf(store);
    expect((await openOn({ store, encryptionKey: HEX })).activeSigningKey().kid).toBe(kid);
    for (const material of clear) expect(materialOf(store)).not.toContain(material);
    await expect(openOn({ store })).rejects.toThrow("encrypted");
  });

  it("another one is refused in a sentence, and nothing is written", async () => {
    const store = memoryKeys();
    await openOn({ store, encryptionKey: HEX });
    await store.remove("token-1");
    const before = structuredClone(store.records);
    await expect(openOn({ store, encryptionKey: randomBytes(32).toString("hex") })).rejects.toThrow(
      "The keys in the database were encrypted with another encryptionKey than the one that is configured.",
    );
    await expect(openOn({ store })).rejects.toThrow("Configure the encryptionKey");
    expect(store.records).toEqual(before);
  });

  it("material that was altered, or moved to another record, is refused", async () => {
    const store = memoryKeys();
    await openOn({ store, encryptionKey: HEX });
    const [seal, token] = [store.records.get("seal-1"), store.records.get("token-1")];
    if (!seal || !token) throw new Error("No keys were made.");
    store.records.set("seal-1", { ...seal, material: token.material });
    await expect(openOn({ store, encryptionKey: HEX })).rejects.toThrow("seal-1 in the database was altered");
  });

  it.each(["", "short", "00".repeat(31), `${HEX}00`, "x".repeat(64)])("%j is refused", async (encryptionKey) => {
    await expect(openOn({ encryptionKey })).rejects.toThrow("32 bytes");
  });
});
