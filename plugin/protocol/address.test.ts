import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalHost, formatAddress, parseAddress, possibleIdentifiers, sameHost, stripOwnHost } from "./address.ts";
import { hosts, identifiers, outcome } from "./arbitraries.test-helper.ts";

describe("parseAddress", () => {
  it.each([
    ["bob@cloud.example.org", "bob", "cloud.example.org"],
    ["bob@Cloud.Example.ORG", "bob", "cloud.example.org"],
    ["Bob@cloud.example.org", "Bob", "cloud.example.org"],
    ["bob@example.com@cloud.example.org", "bob@example.com", "cloud.example.org"],
    ["bob@cloud.example.org:8443", "bob", "cloud.example.org:8443"],
    ["bob@cloud.example.org:443", "bob", "cloud.example.org"],
    ["bob@192.0.2.1:9000", "bob", "192.0.2.1:9000"],
    ["bob@[2001:DB8:0:0::1]", "bob", "[2001:db8::1]"],
    ["bob@[2001:db8::1]:8443", "bob", "[2001:db8::1]:8443"],
    ["bob@münchen.example", "bob", "xn--mnchen-3ya.example"],
    ["日本語 👩‍👩‍👧@cloud.example.org", "日本語 👩‍👩‍👧", "cloud.example.org"],
    ["e\u0301@h", "e\u0301", "h"],
  ])("reads %s at the last @ with a canonical host (TERM-05)", (text, identifier, host) => {
    expect(parseAddress(text)).toEqual({ identifier, host });
  });

  it.each([
    ["bob@https://peer.example", "bob", "peer.example"],
    ["bob@https://peer.example/", "bob", "peer.example"],
    ["bob@http://peer.example:8080/", "bob", "peer.example:8080"],
    ["bob@peer.example/", "bob", "peer.example"],
    ["b1f74ec4@https://cloud.example@cloud.example", "b1f74ec4@https://cloud.example", "cloud.example"],
  ])("reads %s, as deployed servers write it", (text, identifier, host) => {
    expect(parseAddress(text)).toEqual({ identifier, host });
  });

  it.each(["bob@cloud.example.org/path", "bob@https://cloud.example.org/index.php/ocm", "bob@host//", "bob@//host"])(
    "refuses %s because it has a path (TERM-04)",
    (text) => {
      expect(outcome(() => parseAddress(text))).toBe("invalid-fields");
    },
  );

  it.each([
    "",
    "bob",
    "@host",
    "bob@",
    "bob@host?x",
    "bob@host#x",
    "bob@host%41",
    "bob@ho st",
    "bob@host:",
    "bob@host:0",
    "bob@host:65536",
    "bob@host:port",
    "bob@2001:db8::1",
    "bob@[2001:db8::1",
    "bob@[fe80::1%25eth0]",
    "bob@a..b",
    "bob@.a",
    "bob@a.b..",
    "bob@.",
    "bob@256.1.1.1",
    "bob@host\\path",
    "bob\n@host",
    "bob\u0000@host",
    "bob\u0085@host",
    "bob@ho\tst",
    "bob@host\n",
    "\ud800@host",
    `bob@${"a".repeat(254)}`,
  ])("refuses %j", (text) => {
    expect(outcome(() => parseAddress(text))).toBe("invalid-fields");
  });

  it("reads what formatAddress writes, for every identifier and host (TERM-05)", () => {
    fc.assert(
      fc.property(identifiers, hosts, (identifier, host) => {
        expect(parseAddress(formatAddress({ identifier, host }))).toEqual({ identifier, host });
      }),
    );
  });

  it("throws nothing but OcmError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), identifiers), fc.string(), (one, other) => {
        for (const text of [one, `${one}@${other}`, `x@${one}`]) {
          expect(outcome(() => parseAddress(text))).not.toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe("canonicalHost", () => {
  it("gives a host that it leaves as it is, and that is the host of a URL", () => {
    fc.assert(
      fc.property(hosts, (host) => {
        expect(canonicalHost(host)).toBe(host);
        expect(new URL(`https://${host}/`).host).toBe(host);
      }),
    );
  });

  it("takes the short way only to where the long one leads", () => {
    const labels = fc.stringMatching(/^[a-z0-9_-]{1,6}$/);
    const ports = fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constantFrom(443, 80, 59_999, 60_000, "08080"));
    fc.assert(
      fc.property(fc.array(labels, { minLength: 1, maxLength: 4 }), fc.option(ports), (parts, port) => {
        const text = parts.join(".") + (port === null ? "" : `:${port}`);
        const url = URL.parse(`https://${text}/`);
        expect(outcome(() => canonicalHost(text))).toEqual(url === null ? "invalid-fields" : { value: url.host });
      }),
      { numRuns: 500 },
    );
  });

  it("takes off a final dot, since it is the same name", () => {
    expect(canonicalHost("Cloud.Example.org.")).toBe("cloud.example.org");
    expect(canonicalHost("cloud.example.org.:8443")).toBe("cloud.example.org:8443");
  });

  it("knows an IPv4 address in each of its spellings", () => {
    for (const text of ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "127.0.0.1."]) {
      expect(canonicalHost(text)).toBe("127.0.0.1");
    }
  });
});

describe("sameHost", () => {
  it.each([
    ["Cloud.example.org", "https://cloud.example.org:443/", true],
    ["cloud.example.org", "cloud.example.org:8443", false],
    ["[::1]:80", "[0:0:0:0:0:0:0:1]:80", true],
    ["not a host", "not a host", false],
    ["", "", false],
  ])("compares host and port of %j and %j (G-04)", (one, other, same) => {
    expect(sameHost(one, other)).toBe(same);
  });
});

describe("identifiers that carry a host", () => {
  it.each([
    ["uuid@cloud.example", "uuid"],
    ["uuid@https://cloud.example", "uuid"],
    ["uuid@CLOUD.example:443", "uuid"],
    ["uuid@cloud.example@cloud.example", "uuid@cloud.example"],
    ["uuid@other.example", "uuid@other.example"],
    ["uuid", "uuid"],
    ["@cloud.example", "@cloud.example"],
  ])("takes the server's own host off %s once (G-05)", (userID, identifier) => {
    expect(stripOwnHost(userID, "cloud.example")).toBe(identifier);
  });

  it("says whom of us a peer may mean", () => {
    expect(possibleIdentifiers("bob@cloud.example", "cloud.example")).toEqual([
      "bob@cloud.example",
      "bob",
      "bob@cloud.example@cloud.example",
    ]);
    expect(possibleIdentifiers("bob", "cloud.example")).toEqual(["bob", "bob@cloud.example"]);
  });
});
