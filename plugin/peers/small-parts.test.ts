import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PeerFailure } from "../ports/peer-client.ts";
import type { PeerProfile } from "../protocol/profile.ts";
import { createConnections } from "./connections.ts";
import { endpointUrl } from "./endpoints.ts";
import { lifetime, retryAfter } from "./http-dates.ts";
import { readJwks } from "./jwks.ts";
import { createLru } from "./lru.ts";
import { createPeerSettings } from "./peer-settings.ts";

describe("Retry-After", () => {
  const now = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
  it.each([
    [undefined, null],
    ["", null],
    ["soon", null],
    ["120", 120_000],
    [" 5 ", 5_000],
    ["Wed, 21 Oct 2026 07:30:00 GMT", 120_000],
    ["Wed, 21 Oct 2026 07:00:00 GMT", 0],
    ["99999999999", 86_400_000],
    ["-1", null],
  ])("of %j is %j milliseconds", (value, expected) => {
    // "-1" is a year for Date.parse, long ago.
    expect(retryAfter(value, now)).toBe(value === "-1" ? 0 : expected);
  });
});

describe("the lifetime of a document", () => {
  it.each([
    ["", undefined, 3_600],
    ["max-age=600", undefined, 600],
    ["public, max-age=600, must-revalidate", undefined, 600],
    ['max-age="600"', undefined, 600],
    ["max-age=600", "100", 500],
    ["max-age=600", "5000", 60],
    ["max-age=1", undefined, 60],
    ["max-age=0", undefined, 60],
    ["no-store", undefined, 60],
    ["no-cache, max-age=600", undefined, 60],
    ["max-age=31536000", undefined, 86_400],
    ["s-maxage=30", undefined, 3_600],
    ["max-age=x", undefined, 3_600],
  ])("with Cache-Control %j and Age %j is %d seconds", (control, age, seconds) => {
    const headers = { "cache-control": control, ...(age === undefined ? {} : { age }) };
    expect(lifetime(headers)).toBe(seconds * 1000);
  });

  it("stays within its bounds", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), (control, age, seconds) => {
        for (const value of [control, `max-age=${seconds}`]) {
          const ms = lifetime({ "cache-control": value, age });
          expect(ms).toBeGreaterThanOrEqual(60_000);
          expect(ms).toBeLessThanOrEqual(86_400_000);
        }
      }),
    );
  });
});

describe("a JWK Set", () => {
  it("gives the public members of signing keys by kid", () => {
    const key = { kty: "OKP", crv: "Ed25519", kid: "a", x: "abc", alg: "Ed25519", use: "sig" };
    expect(readJwks({ keys: [{ ...key, d: "secret", junk: { x: 1 } }] })?.get("a")).toEqual(key);
  });

  it.each([
    ["symmetric", { kty: "oct", kid: "a", k: "secret" }],
    ["for encryption", { kty: "OKP", kid: "a", use: "enc" }],
    ["without kid", { kty: "OKP", x: "abc" }],
    ["without kty", { kid: "a" }],
    ["with an ill-typed kid", { kty: "OKP", kid: 7 }],
    ["with an enormous kid", { kty: "OKP", kid: "x".repeat(5000) }],
    ["no object", "key"],
    ["null", null],
  ])("leaves out a key that is %s", (_name, key) => {
    expect(readJwks({ keys: [key] })?.size).toBe(0);
  });

  it("looks at 32 keys and takes the first of equal kids", () => {
    const keys = Array.from({ length: 1000 }, (_, n) => ({ kty: "OKP", kid: `k${n}` }));
    expect(readJwks({ keys })?.size).toBe(32);
    const same = [
      { kty: "OKP", kid: "a", x: "first" },
      { kty: "OKP", kid: "a", x: "second" },
    ];
    expect(readJwks({ keys: same })?.get("a")?.x).toBe("first");
  });

  it.each([[null], [[]], ["x"], [{}], [{ keys: {} }], [{ keys: "x" }]])("is not %j", (json) => {
    expect(readJwks(json)).toBeUndefined();
  });
});

describe("a bounded map", () => {
  it("lets go of what was not used for longest", () => {
    const lru = createLru<number>({ maxEntries: 2 });
    lru.set("a", 1);
    lru.set("b", 2);
    lru.get("a");
    lru.set("c", 3);
    expect([lru.get("a"), lru.get("b"), lru.get("c")]).toEqual([1, undefined, 3]);
  });

  it("is bounded by weight too, and counts a replaced value once", () => {
    const lru = createLru<string>({ maxEntries: 100, maxWeight: 10 });
    lru.set("a", "x", 4);
    lru.set("a", "y", 4);
    lru.set("b", "z", 4);
    expect(lru.size).toBe(2);
    lru.set("c", "w", 4);
    expect(lru.get("a")).toBeUndefined();
    lru.delete("b");
    lru.set("d", "v", 6);
    expect(lru.size).toBe(2);
  });
});

describe("endpoints", () => {
  const profile: PeerProfile = {
    host: "peer.test",
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: "https://api.peer.test/ocm",
    provider: null,
    resourceTypes: [],
    capabilities: [],
    criteria: [],
    tokenEndPoint: "https://peer.test/token",
    jwksUri: null,
    inviteAcceptDialog: null,
  };
  const codeOf = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return error instanceof PeerFailure ? error.code : error;
    }
  };

  it("are joined to the peer's endPoint with one slash", () => {
    expect(endpointUrl(profile, "shares", false)).toBe("https://api.peer.test/ocm/shares");
    const slash = { ...profile, endPoint: "https://api.peer.test/ocm/" };
    expect(endpointUrl(slash, "invite-accepted", false)).toBe("https://api.peer.test/ocm/invite-accepted");
  });

  it("of tokens are what the peer says", () => {
    expect(endpointUrl(profile, "token", false)).toBe("https://peer.test/token");
    const without = { ...profile, tokenEndPoint: null };
    expect(codeOf(() => endpointUrl(without, "token", false))).toBe("peer-no-token-endpoint");
  });

  it("of a server that is switched off take nothing new, and the rest goes on (G-56)", () => {
    const off = { ...profile, enabled: false };
    expect(codeOf(() => endpointUrl(off, "shares", false))).toBe("peer-disabled");
    expect(codeOf(() => endpointUrl(off, "invite-accepted", false))).toBe("peer-disabled");
    expect(endpointUrl(off, "notifications", false)).toBe("https://api.peer.test/ocm/notifications");
    expect(endpointUrl(off, "token", false)).toBe("https://peer.test/token");
    expect(codeOf(() => endpointUrl({ ...off, endPoint: "" }, "notifications", false))).toBe("peer-disabled");
  });

  it.each(["http://peer.test/ocm", "ftp://peer.test/ocm", "https://u:p@peer.test/ocm", "/ocm"])(
    "at %s are not used",
    (endPoint) => {
      expect(codeOf(() => endpointUrl({ ...profile, endPoint }, "shares", false))).toBe("peer-bad-answer");
    },
  );

  it("over plain http are used where the operator permits that", () => {
    const plain = { ...profile, endPoint: "http://peer.test/ocm" };
    expect(endpointUrl(plain, "shares", true)).toBe("http://peer.test/ocm/shares");
  });
});

describe("names", () => {
  it("of peers without an entry are asked of name servers, others of the machine with its hosts file", () => {
    const settings = createPeerSettings({ "*.lab.test": {} });
    const connections = createConnections({ settings, ownHost: "own.test" });
    const publicNames = (host: string) => connections(host).message.publicNames;
    expect(["stranger.test", "one.lab.test", "own.test"].map(publicNames)).toEqual([true, false, false]);
  });
});
