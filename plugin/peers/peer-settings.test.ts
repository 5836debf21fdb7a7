import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCertificates } from "../system/servers.test-helper.ts";
import { isLoopbackHost, parseHostPattern } from "./host-pattern.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { createTrust } from "./trust.ts";

describe("settings for single peers", () => {
  const settings = createPeerSettings({
    "cloud.example.org": {},
    "cloud.example.org:8443": {},
    "cloud.example.org:*": {},
    "*.example.org": {},
    "*.lab.example.org": {},
    "*.lab.example.org:*": {},
    "localhost:*": {},
    "[::1]:*": {},
    "BÜCHER.example:443": {},
  });

  it.each([
    ["cloud.example.org", "cloud.example.org"],
    ["cloud.example.org:8443", "cloud.example.org:8443"],
    ["cloud.example.org:9000", "cloud.example.org:*"],
    ["other.example.org", "*.example.org"],
    ["a.b.example.org", "*.example.org"],
    ["x.lab.example.org", "*.lab.example.org"],
    ["x.lab.example.org:81", "*.lab.example.org:*"],
    ["localhost:4001", "localhost:*"],
    ["localhost", "localhost:*"],
    ["[::1]:4001", "[::1]:*"],
    ["xn--bcher-kva.example", "BÜCHER.example:443"],
    ["other.example.org:8443", null],
    ["example.org", null],
    ["notexample.org", null],
    ["evil-cloud.example.org.evil.test", null],
  ])("finds for %s the most exact entry, %s", (host, entry) => {
    expect(settings.of(host).entry).toBe(entry);
  });

  it("gives strangers the strict defaults, as one object", () => {
    expect(settings.of("a.test")).toBe(settings.of("b.test"));
    expect(settings.of("a.test")).toMatchObject({
      allowInsecureHttp: false,
      allowPrivateAddresses: false,
      known: false,
    });
  });

  it.each(["*", "*:*", "*.*", "*.org", "https://x.test/path", "", "user@x.test", "a b", "x.test:99999", "x.*"])(
    "refuses the entry %j",
    (entry) => {
      expect(() => createPeerSettings({ [entry]: {} })).toThrow(TypeError);
    },
  );

  it("throws nothing but the sentence for the operator", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseHostPattern(text);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });

  it("refuses a ca that is no certificate when it starts, not at the first delivery", () => {
    expect(() => createPeerSettings({ "x.test": { ca: "no certificate" } })).toThrow(/ca of peer "x.test"/);
    const { ca } = makeCertificates();
    expect(createPeerSettings({ "x.test": { ca } }).of("x.test").ca).toBe(ca);
  });
});

describe("trust", () => {
  it("federates with everybody by default, and knows nobody (DISC-06)", () => {
    const trust = createTrust({}, createPeerSettings());
    expect(trust.refuse("anybody.test")).toBeNull();
    expect(trust.isKnown("anybody.test")).toBe(false);
    expect(trust).toMatchObject({ mustInvite: false, mustExchangeToken: false, signatures: "required" });
  });

  it("refuses what is denied, at every port, and says which entry did", () => {
    const trust = createTrust({ deny: ["evil.test", "*.evil.test", "half.test:8443"] }, createPeerSettings());
    expect(trust.refuse("evil.test")).toContain('"evil.test"');
    expect(trust.refuse("evil.test:8443")).toContain('"evil.test"');
    expect(trust.refuse("sub.evil.test:1")).toContain('"*.evil.test"');
    expect(trust.refuse("half.test:8443")).not.toBeNull();
    expect(trust.refuse("half.test")).toBeNull();
  });

  it("allows only what is listed, at the listed port, and knows it", () => {
    const trust = createTrust({ allow: ["good.test", "*.edu.test", "lab.test:*"] }, createPeerSettings());
    expect(trust.refuse("good.test")).toBeNull();
    expect(trust.refuse("a.edu.test")).toBeNull();
    expect(trust.refuse("lab.test:99")).toBeNull();
    expect(trust.refuse("good.test:8443")).toMatch(/not on the list/);
    expect(trust.refuse("stranger.test")).toMatch(/not on the list/);
    expect(trust.isKnown("good.test")).toBe(true);
    expect(trust.isKnown("stranger.test")).toBe(false);
  });

  it("lets deny win over allow, and an empty list of allowed peers allow nobody", () => {
    const trust = createTrust({ allow: ["*.edu.test"], deny: ["bad.edu.test"] }, createPeerSettings());
    expect(trust.refuse("bad.edu.test")).toMatch(/denied/);
    expect(createTrust({ allow: [] }, createPeerSettings()).refuse("x.test")).not.toBeNull();
  });

  it("knows peers with settings of their own, unless they say otherwise", () => {
    const settings = createPeerSettings({ "a.test": {}, "b.test": { known: false, signatures: "optional" } });
    const trust = createTrust({ allow: ["b.test"], signatures: "if-peer-signs" }, settings);
    expect(trust.isKnown("a.test")).toBe(true);
    expect(trust.isKnown("b.test")).toBe(false);
    expect(trust.signaturesOf("a.test")).toBe("if-peer-signs");
    expect(trust.signaturesOf("b.test")).toBe("optional");
  });
});

describe("loopback names", () => {
  it.each(["localhost", "localhost:4000", "alpha.localhost:1", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:8080"])(
    "%s is one",
    (host) => expect(isLoopbackHost(host)).toBe(true),
  );
  it.each(["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "notlocalhost", "[::2]"])(
    "%s is none",
    (host) => expect(isLoopbackHost(host)).toBe(false),
  );
});
