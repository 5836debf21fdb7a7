import { describe, expect, it } from "vitest";
import { answer, bench, goodDocument, goodKey, goodPeer } from "./bench.test-helper.ts";

describe("the keys of a peer", () => {
  async function keysFound(change: (keys: Record<string, string>, origin: string) => unknown) {
    const peer = await goodPeer();
    peer.answers["/ocm/jwks.json"] = { keys: [change(goodKey(peer.origin), peer.origin)].flat() };
    return (await (await bench()).look(peer.host)).of("keys");
  }

  it.each([
    ["no kid", ({ kid: _kid, ...key }: Record<string, string>) => key, "has no kid"],
    ["another use", (key: object) => ({ ...key, use: "enc" }), "is not for signatures"],
    [
      "RSA",
      (key: object) => ({ ...key, kty: "RSA", crv: undefined, alg: "RS256", n: "AQAB", e: "AQAB" }),
      "is of no accepted algorithm",
    ],
    ["an alg of another kind", (key: object) => ({ ...key, alg: "ES256" }), "has an alg that is not of its kind"],
    [
      "the kid of another host",
      (key: object) => ({ ...key, kid: "https://other.example/ocm#1" }),
      "names the host other.example",
    ],
    ["half a key", (key: object) => ({ ...key, x: "AA" }), "is not a valid key"],
    ["a symmetric key", (key: object) => ({ ...key, kty: "oct" }), "is symmetric"],
    ["no object", () => "key", "is no key"],
  ])("are refused for %s", async (_name, change, words) => {
    expect(await keysFound(change)).toMatchObject({ status: "failed", message: expect.stringContaining(words) });
  });

  it("may be partly of use", async () => {
    const { status, message } = await keysFound((key) => [key, { ...key, kid: "second", alg: "ES256" }]);
    expect(status).toBe("warning");
    expect(message).toContain("is accepted; ES256 second has an alg");
  });

  it("are lost when the private part is published", async () => {
    const found = await keysFound((key) => ({ ...key, d: "c2VjcmV0LXNlY3JldA" }));
    expect(found).toMatchObject({ status: "failed", message: expect.stringContaining("A private key is published") });
    expect(found.message).not.toContain("c2VjcmV0");
  });

  it.each([
    ["nowhere", (peer: Awaited<ReturnType<typeof goodPeer>>) => delete peer.answers["/ocm/jwks.json"], "404"],
    [
      "an empty set",
      (peer: Awaited<ReturnType<typeof goodPeer>>) => Object.assign(peer.answers, { "/ocm/jwks.json": { keys: [] } }),
      "holds no key",
    ],
    [
      "no set",
      (peer: Awaited<ReturnType<typeof goodPeer>>) => Object.assign(peer.answers, { "/ocm/jwks.json": {} }),
      "not a JWK Set",
    ],
  ])("may be %s", async (_name, change, words) => {
    const peer = await goodPeer();
    change(peer);
    const { of } = await (await bench()).look(peer.host);
    expect(of("keys")).toMatchObject({ status: "failed", message: expect.stringContaining(words) });
  });

  it("are not missed of a peer that does not sign", async () => {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { ...goodDocument(peer.origin), capabilities: [], jwksUri: undefined };
    expect((await (await bench()).look(peer.host)).of("keys").status).toBe("skipped");
  });
});

describe("the clock of a peer", () => {
  async function clock(seconds: number, headers: Record<string, string> = {}) {
    const peer = await goodPeer();
    peer.answers["/ocm/jwks.json"] = (request, response) => {
      const date = new Date(Date.now() + seconds * 1000).toUTCString();
      answer(200, { keys: [goodKey(peer.origin)] }, { date, ...headers })(request, response);
    };
    return (await (await bench()).look(peer.host)).of("clock");
  }

  it.each([
    [3, "ok", /^Its clock is [34] seconds ahead of ours\.$/],
    [-30, "warning", /^Its clock is (29|30) seconds behind ours\.$/],
    [300, "failed", /^Its clock is (300|301) seconds ahead of ours\. Signatures are refused/],
    [-90, "failed", /behind ours/],
  ])("that is %d seconds off is %s", async (seconds, status, message) => {
    expect(await clock(seconds)).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  it("is not blamed for the age of an answer from a cache", async () => {
    expect((await clock(-600, { age: "600" })).status).toBe("ok");
  });
});
