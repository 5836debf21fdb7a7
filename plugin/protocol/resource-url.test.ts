import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hosts, outcome } from "./arbitraries.test-helper.ts";
import type { PeerProfile } from "./profile.ts";
import { resourceUrl } from "./resource-url.ts";

function peer(webdav: unknown, changes: Partial<PeerProfile> = {}): PeerProfile {
  return {
    host: "peer.example:8443",
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: "https://api.example/ocm",
    provider: null,
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav } }],
    capabilities: [],
    criteria: [],
    tokenEndPoint: null,
    jwksUri: null,
    inviteAcceptDialog: null,
    ...changes,
  };
}
const slashed = peer("/dav/ocm/");

describe("resourceUrl", () => {
  it.each([
    ["/dav/ocm/", "7c08"],
    ["/dav/ocm", "7c08"],
    ["dav/ocm", "7c08"],
    ["/dav/ocm//", "/7c08"],
  ])(
    "joins prefix %s and uri %s with one slash, on the host of the sender (WEBDAV-09, ACC-11, G-37)",
    (prefix, uri) => {
      expect(resourceUrl(peer(prefix), uri, "file", "")).toBe("https://peer.example:8443/dav/ocm/7c08");
    },
  );

  it("takes an absolute uri as it is, on any host (ACC-10, G-38)", () => {
    expect(resourceUrl(slashed, "https://dav.example:9000/x/7c08", "file", "")).toBe("https://dav.example:9000/x/7c08");
    expect(resourceUrl(peer(undefined), "https://dav.example/x/7c08", "file", "")).toBe("https://dav.example/x/7c08");
  });

  it("takes the prefix as the resource in the deprecated form (ACC-14)", () => {
    expect(resourceUrl(peer("/public.php/webdav/"), null, "file", "")).toBe(
      "https://peer.example:8443/public.php/webdav/",
    );
    expect(resourceUrl(peer("/public.php/webdav"), null, "file", "a b.txt")).toBe(
      "https://peer.example:8443/public.php/webdav/a%20b.txt",
    );
    expect(resourceUrl(peer("seafdav"), null, "folder", "")).toBe("https://peer.example:8443/seafdav/");
  });

  it("puts a slash at the end of a folder (WEBDAV-11)", () => {
    expect(resourceUrl(slashed, "7c08", "folder", "")).toBe("https://peer.example:8443/dav/ocm/7c08/");
    expect(resourceUrl(slashed, "https://dav.example/x/", "folder", "")).toBe("https://dav.example/x/");
    expect(resourceUrl(slashed, "7c08", "folder", "a/b/")).toBe("https://peer.example:8443/dav/ocm/7c08/a/b/");
    expect(resourceUrl(slashed, "7c08", "folder", "a/b")).toBe("https://peer.example:8443/dav/ocm/7c08/a/b");
  });

  it.each([
    ["two words.txt", "two%20words.txt"],
    ["100%.txt", "100%25.txt"],
    ["%2e%2e", "%252e%252e"],
    ["#1?.txt", "%231%3F.txt"],
    ["🎈.txt", "%F0%9F%8E%88.txt"],
    ["\u00e9.txt", "%C3%A9.txt"],
    ["e\u0301.txt", "e%CC%81.txt"],
    ["a\\b;c&d+e=f", "a%5Cb%3Bc%26d%2Be%3Df"],
    ["...", "..."],
  ])("encodes the name %j", (name, encoded) => {
    expect(resourceUrl(slashed, "7c08", "folder", `sub/${name}`)).toBe(
      `https://peer.example:8443/dav/ocm/7c08/sub/${encoded}`,
    );
  });

  it("leads to exactly the names that it is given, below the share (ACC-16)", () => {
    const names = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((name) => !name.includes("/") && !/^\.{1,2}$/.test(name));
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 5 }), fc.boolean(), hosts, (path, isFolder, host) => {
        const text = path.join("/") + (isFolder ? "/" : "");
        const url = new URL(resourceUrl(peer("/dav/ocm/", { host }), "7c08", "folder", text));
        expect(url.host).toBe(host);
        expect(url.search + url.hash).toBe("");
        expect(url.pathname.split("/").map(decodeURIComponent)).toEqual([
          "",
          "dav",
          "ocm",
          "7c08",
          ...path,
          ...(isFolder ? [""] : []),
        ]);
      }),
    );
  });

  it.each(["..", "a/../b", ".", "a//b", "/a", "/", "a/./b", "\ud800"])("refuses the path %j", (path) => {
    expect(outcome(() => resourceUrl(slashed, "7c08", "folder", path))).toBe("path-invalid");
  });

  it.each([
    "",
    "..",
    "../7c08",
    "a/../../b",
    "a/%2e%2E/b",
    "a%2f..%2fb",
    "a/.",
    // A URL parser takes spaces off both ends before it looks for dot segments.
    ".. ",
    "a/.  ",
    " //evil.example/x",
    "//evil.example/x",
    "\\\\evil.example",
    "a\\..\\b",
    "a\nb",
    "a\u0000",
    "a?b",
    "a#b",
    "http://peer.example/x",
    "ftp://peer.example/x",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https:evil",
    "https:///evil",
    "https://",
    "https://user:pass@peer.example/x",
    "https://peer.example/../x",
    "https://peer.example/x?token=1",
    "https://peer example/x",
    "\ud800",
  ])("refuses the uri %j (G-37, G-38)", (uri) => {
    expect(outcome(() => resourceUrl(slashed, uri, "file", ""))).toBe("peer-incompatible");
  });

  it.each(["//evil.example/", "/a/../b", "/dav?x", "http://peer.example/dav", "ftp://x/"])(
    "refuses the prefix %j",
    (prefix) => {
      expect(outcome(() => resourceUrl(peer(prefix), "7c08", "file", ""))).toBe("peer-incompatible");
      expect(outcome(() => resourceUrl(peer(prefix), null, "file", ""))).toBe("peer-incompatible");
    },
  );

  it("says that there is no prefix", () => {
    expect(() => resourceUrl(peer(undefined), "7c08", "file", "")).toThrow("names no path for webdav");
  });

  it("uses plain http only with a peer whose API is plain http (G-38)", () => {
    const lab = peer("/dav/", { host: "localhost:8081", endPoint: "http://localhost:8081/ocm" });
    expect(resourceUrl(lab, "7c08", "file", "")).toBe("http://localhost:8081/dav/7c08");
    expect(resourceUrl(lab, "http://localhost:8081/dav/7c08", "file", "")).toBe("http://localhost:8081/dav/7c08");
    expect(resourceUrl(lab, "https://localhost:8081/dav/7c08", "file", "")).toBe("https://localhost:8081/dav/7c08");
  });

  it("never leaves the host of a relative uri, nor its prefix, and throws nothing but OcmError", () => {
    const pieces = fc.constantFrom(
      "..",
      ".",
      "/",
      "//",
      "\\",
      "%2e",
      "%2F",
      "a",
      "@",
      ":",
      "?",
      "#",
      " ",
      "é",
      "https:",
      "evil.example",
      "\t",
    );
    const texts = fc.oneof(
      fc.array(pieces).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
      fc.webUrl(),
    );
    fc.assert(
      fc.property(texts, texts, fc.oneof(fc.constant(""), texts), (prefix, uri, path) => {
        for (const profile of [slashed, peer(prefix)]) {
          const result = outcome(() => resourceUrl(profile, uri, "folder", path));
          expect(result).not.toBeInstanceOf(Error);
          if (
            profile === slashed &&
            typeof result === "object" &&
            result !== null &&
            "value" in result &&
            !/^https:/i.test(uri)
          ) {
            expect(result.value).toMatch(/^https:\/\/peer\.example:8443\/dav\/ocm\//);
          }
        }
      }),
      { numRuns: 1000 },
    );
  }, 30_000);
});
