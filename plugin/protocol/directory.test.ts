import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalHost } from "./address.ts";
import { broken, hosts, outcome } from "./arbitraries.test-helper.ts";
import { decodeDirectory } from "./directory.ts";
import { displayText } from "./display-text.ts";

/** The payload of the draft's example (appendix C). */
const EXAMPLE = {
  federation: "The ScienceMesh Directory",
  servers: [
    { url: "https://ocm-server.example.org", displayName: "OCM Server 1" },
    { url: "https://ocm-server.example.com:4443", displayName: "OCM Server 2" },
    { url: "http://192.168.1.1:8080", displayName: "OCM Server 3" },
  ],
};
const listed = (url: unknown, displayName: unknown = "Name") =>
  decodeDirectory({ federation: "F", servers: [{ url, displayName }] }).servers;

describe("decodeDirectory", () => {
  it("reads the draft's example (DIR-03 to DIR-08)", () => {
    expect(decodeDirectory(EXAMPLE)).toEqual({
      federation: "The ScienceMesh Directory",
      servers: [
        { host: "ocm-server.example.org", name: "OCM Server 1", insecure: false },
        { host: "ocm-server.example.com:4443", name: "OCM Server 2", insecure: false },
        { host: "192.168.1.1:8080", name: "OCM Server 3", insecure: true },
      ],
      leftOut: 0,
    });
  });

  it("reads every server that the draft permits, with a slash at the end or not", () => {
    fc.assert(
      fc.property(
        hosts,
        fc.constantFrom("https://", "HTTPS://", "http://"),
        fc.constantFrom("", "/"),
        (host, scheme, slash) => {
          const insecure = scheme === "http://";
          expect(listed(scheme + host + slash)).toEqual([{ host, name: "Name", insecure }]);
        },
      ),
    );
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://a.example",
    "//a.example",
    "a.example",
    "https://",
    "https://a.example/ocm",
    "https://a.example/?x",
    "https://a.example?x",
    "https://a.example#x",
    "https://good.example@evil.example",
    "https://a.example:99999",
    "https://a.example\\@b.example",
    "https://a.example\r\nx: y",
    " https://a.example",
    `https://${"a".repeat(300)}.example`,
    "",
    1,
    null,
    { toString: "https://a.example" },
  ])("leaves out a server at %j (DIR-07, DIR-09, DIR-10)", (url) => {
    expect(listed(url)).toEqual([]);
  });

  it("leaves out a server without a name, and of several for one host all but the first", () => {
    expect(
      [undefined, null, 3, "", " \u202e\u0000 "].flatMap((name) => listed("https://a.example", name ?? null)),
    ).toEqual([]);
    const twice = {
      federation: "F",
      servers: ["First", "Second"].map((displayName) => ({ url: "https://A.example:443", displayName })),
    };
    expect(decodeDirectory(twice)).toMatchObject({ servers: [{ host: "a.example", name: "First" }], leftOut: 1 });
  });

  it("looks at no more than 2,000 entries", () => {
    const servers = Array.from({ length: 5000 }, (_, n) => ({ url: `https://s${n}.example`, displayName: `S${n}` }));
    const read = decodeDirectory({ federation: "F", servers });
    expect(read.servers).toHaveLength(2000);
    expect(read.leftOut).toBe(3000);
  });

  it.each([
    null,
    [],
    "text",
    {},
    { federation: "F" },
    { servers: [] },
    { federation: 1, servers: [] },
    { federation: "F", servers: {} },
  ])("refuses %j, which is no directory (DIR-04, DIR-05)", (json) => {
    expect(outcome(() => decodeDirectory(json))).toBe("peer-incompatible");
  });

  it("throws nothing but its own refusal, and lists only hosts in canonical form", () => {
    fc.assert(
      fc.property(broken(EXAMPLE), (json) => {
        const read = outcome(() => decodeDirectory(json));
        if (read === "peer-incompatible") return;
        for (const { host } of (read as { value: ReturnType<typeof decodeDirectory> }).value.servers) {
          expect(canonicalHost(host)).toBe(host);
        }
      }),
    );
  });
});

describe("displayText", () => {
  it("gives one line of bounded length, without signs that move or hide others", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.integer({ min: 2, max: 50 }), (text, longest) => {
        const shown = displayText(text, longest);
        expect([...shown].length).toBeLessThanOrEqual(longest);
        expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
        expect(shown.isWellFormed()).toBe(true);
        expect(displayText(shown, longest)).toBe(shown);
      }),
    );
  });

  it("keeps what is harmless", () => {
    expect(displayText("  Universität  Zürich 👩‍👩‍👧 ", 100)).toBe("Universität Zürich 👩‍👩‍👧");
    expect(displayText("good.example\u202eelpmaxe.live", 100)).toBe("good.example elpmaxe.live");
    expect(displayText("abcdef", 4)).toBe("abc…");
  });
});
