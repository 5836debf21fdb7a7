import { describe, expect, it } from "vitest";
import { canonicalHost } from "./address.ts";
import type { PeerProfile } from "./profile.ts";
import { resourceUrl } from "./resource-url.ts";
import { withoutEndSlashes, withoutOuterSlashes } from "./slashes.ts";

/** Milliseconds: each of these would take seconds if its time grew with the square of the length. */
const QUICKLY = 300;
const SLASHES = `a${"/".repeat(120 * 1024)}x`;

function timeOf(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

describe("linear time is taken for what peers write:", () => {
  it("the host of an address, whatever its script", () => {
    const name = Array.from({ length: 5000 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join("");
    const work = () => {
      for (let n = 0; n < 50; n += 1) expect(() => canonicalHost(`${name}.org`)).toThrow();
    };
    expect(timeOf(work)).toBeLessThan(QUICKLY);
  });

  it("the address of a share with slashes", () => {
    const offer = { name: "folder", shareTypes: ["user"], protocols: { webdav: "/dav/" } };
    const profile: PeerProfile = {
      host: "e.org",
      enabled: true,
      apiVersion: "1.4.0",
      endPoint: "https://e.org/ocm",
      provider: null,
      resourceTypes: [offer],
      capabilities: [],
      criteria: [],
      tokenEndPoint: null,
      jwksUri: null,
      inviteAcceptDialog: null,
    };
    expect(timeOf(() => resourceUrl(profile, SLASHES, "folder", "x"))).toBeLessThan(QUICKLY);
  });

  it("slashes that are taken off", () => {
    expect(timeOf(() => [withoutEndSlashes(SLASHES), withoutOuterSlashes(SLASHES)])).toBeLessThan(QUICKLY);
    expect(["", "/", "//a//b//", "a"].map(withoutEndSlashes)).toEqual(["", "", "//a//b", "a"]);
    expect(["", "/", "//a//b//", "a"].map(withoutOuterSlashes)).toEqual(["", "", "a//b", "a"]);
  });
});

describe("the length of a host", () => {
  it("is as long as a name with a dot and a port can be", () => {
    const name = `${"a.".repeat(125)}org`;
    expect(canonicalHost(`${name.toUpperCase()}.:65535`)).toBe(`${name}:65535`);
    expect(() => canonicalHost(`${name}a:65535`)).toThrow();
  });
});
