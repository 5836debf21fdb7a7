import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKeyring } from "./keyring.ts";
import { createSealer } from "./sealer.ts";
import { codeOf, memoryKeys, testSystem } from "./signing.test-helper.ts";

const system = testSystem();
const open = (store = memoryKeys()) => openKeyring({ store, system, origin: "https://cloud.example.org" });
const keyring = await open();
const sealer = createSealer(keyring, system);
const stranger = createSealer(await open(), system);

const CLAIMS = { share: "b5e7d7ad-9d0c-4f39-9d34-0a4b2a0f6d29", epoch: 3, expiresAt: 1_764_024_300_000 };

describe("a sealed secret", () => {
  it("opens to what was sealed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (plain, purpose) => {
        expect(sealer.open(sealer.seal(plain, purpose), purpose)).toBe(plain);
      }),
    );
  });

  it("shows nothing and is different each time", () => {
    const [one, two] = [sealer.seal("secret", "p"), sealer.seal("secret", "p")];
    expect(one.data).not.toBe(two.data);
    expect(Buffer.from(one.data, "base64url").toString("latin1")).not.toContain("secret");
    expect(one.keyId).toBe("seal-1");
  });

  it("does not open for another purpose, altered, cut short, or with another server's key", async () => {
    const sealed = sealer.seal("secret", "share:1");
    const bytes = Buffer.from(sealed.data, "base64url");
    expect(await codeOf(() => sealer.open(sealed, "share:2"))).toBe("internal");
    expect(await codeOf(() => stranger.open(sealed, "share:1"))).toBe("internal");
    expect(await codeOf(() => sealer.open({ ...sealed, data: "" }, "share:1"))).toBe("internal");
    for (let i = 0; i < bytes.length; i++) {
      const altered = Buffer.from(bytes);
      altered[i] = (altered[i] ?? 0) ^ 1;
      const data = altered.toString("base64url");
      expect(await codeOf(() => sealer.open({ ...sealed, data }, "share:1"))).toBe("internal");
    }
  });

  it("says so when its key is gone", async () => {
    const sealed = { ...sealer.seal("secret", "p"), keyId: "seal-0" };
    expect(() => sealer.open(sealed, "p")).toThrow("its key is gone");
    expect(await codeOf(() => sealer.open({ ...sealed, keyId: "token-1" }, "p"))).toBe("internal");
  });
});

describe("an access token", () => {
  it("begins with ocm_, is opaque and fits into a header and a URL", () => {
    const token = sealer.issueToken(CLAIMS);
    expect(token).toMatch(/^ocm_[\w-]+$/);
    expect(token.length).toBeLessThan(160);
    expect(Buffer.from(token.slice(4), "base64url").toString("latin1")).not.toContain(CLAIMS.share);
    expect(sealer.issueToken(CLAIMS)).not.toBe(token);
  });

  it("gives back its claims", () => {
    const claims = fc.record({ share: fc.string({ maxLength: 100 }), epoch: fc.nat(), expiresAt: fc.maxSafeNat() });
    fc.assert(
      fc.property(claims, (given) => {
        expect(sealer.readToken(sealer.issueToken(given))).toEqual(given);
      }),
    );
  });

  it("is read by another process of this server, and by no other server", async () => {
    const store = memoryKeys();
    const [one, two] = [createSealer(await open(store), system), createSealer(await open(store), system)];
    expect(two.readToken(one.issueToken(CLAIMS))).toEqual(CLAIMS);
    expect(stranger.readToken(one.issueToken(CLAIMS))).toBeUndefined();
  });

  it("is not read with any character changed, added or left out", () => {
    const token = sealer.issueToken(CLAIMS);
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === "A" ? "B" : "A";
      expect(sealer.readToken(token.slice(0, i) + other + token.slice(i + 1))).toBeUndefined();
      expect(sealer.readToken(token.slice(0, i) + token.slice(i + 1))).toBeUndefined();
      for (const extra of ["=", " ", "A"]) {
        expect(sealer.readToken(token.slice(0, i) + extra + token.slice(i))).toBeUndefined();
      }
    }
    expect(sealer.readToken(`${token}=`)).toBeUndefined();
  });

  it("is none, without an error, when it is anything else", () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, prefixed) => {
        expect(sealer.readToken(prefixed ? `ocm_${text}` : text)).toBeUndefined();
      }),
    );
    expect(sealer.readToken(`ocm_${"A".repeat(1_000_000)}`)).toBeUndefined();
    expect(sealer.readToken(`ocm_${sealer.seal("[1,2,3]", "koa-ocm access token").data}`)).toBeUndefined();
  });
});
