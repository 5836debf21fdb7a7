import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hosts, identifiers, outcome } from "./arbitraries.test-helper.ts";
import { acceptDialogUrl, formatInvite, formatInviteLink, parseInvite } from "./invite.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const base64url = (text: string) => Buffer.from(text).toString("base64url");

describe("formatInvite", () => {
  it("writes base64url of token@provider without padding (INV-36, D-05, G-61)", () => {
    expect(formatInvite({ token: "a", provider: "b.example" })).toBe("YUBiLmV4YW1wbGU");
    expect(formatInvite({ token: "???>>>", provider: "b.example" })).toBe(base64url("???>>>@b.example"));
    expect(formatInvite({ token: "???>>>", provider: "b.example" })).toMatch(/^[A-Za-z0-9_-]+$/);
  });
});

describe("formatInviteLink", () => {
  it("puts the token into the query, so that parseInvite finds it again (INV-38)", () => {
    expect(formatInviteLink("https://cloud.example/ocm/wayf", "a+b&c")).toBe(
      "https://cloud.example/ocm/wayf?token=a%2Bb%26c",
    );
    fc.assert(
      fc.property(identifiers, hosts, (token, provider) => {
        fc.pre(!/\s/.test(token));
        expect(parseInvite(formatInviteLink(`https://${provider}/cloud/ocm/wayf`, token))).toEqual({ token, provider });
      }),
    );
  });
});

describe("parseInvite", () => {
  it("reads what formatInvite writes, also as base64, with padding, and with @ in the token (INV-37, INV-39, D-05)", () => {
    fc.assert(
      fc.property(identifiers, hosts, (token, provider) => {
        const text = `${token}@${provider}`;
        for (const invite of [formatInvite({ token, provider }), base64(text), base64(text).replaceAll("=", "")]) {
          expect(parseInvite(invite)).toEqual({ token, provider });
        }
      }),
    );
  });

  it("ignores white space around and inside, as mail puts it there (G-61)", () => {
    const invite = formatInvite({ token: "0123456789abcdef0123456789abcdef", provider: "cloud.example.org:8443" });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(invite.length), fc.constantFrom(" ", "\n", "\r\n", "\t", "\u00a0"))),
        (breaks) => {
          const text = breaks.reduce((sofar, [at, space]) => sofar.slice(0, at) + space + sofar.slice(at), invite);
          expect(parseInvite(text)).toEqual(parseInvite(invite));
        },
      ),
    );
  });

  it.each([
    ["plain, as OpenCloud and Nextcloud show it", "7c0a-4b@Cloud.Example:443", "cloud.example"],
    ["plain, with a scheme", "7c0a-4b@https://cloud.example/", "cloud.example"],
    [
      "a link of a mesh directory",
      "https://mesh.example/pick?token=7c0a-4b&providerDomain=cloud.example",
      "cloud.example",
    ],
    ["a WAYF link of OpenCloud", "https://cloud.example/open-cloud-mesh/wayf?token=7c0a-4b", "cloud.example"],
    ["a WAYF link of Nextcloud", "https://nc.example/index.php/apps/contacts/wayf?token=7c0a-4b", "nc.example"],
    ["an accept link of ocmgo", "https://go.example:9200/ui/accept-invite?token=7c0a-4b", "go.example:9200"],
    [
      "an accept link with a provider",
      "https://me.example/x?token=7c0a-4b&providerDomain=go.example%3A9200",
      "go.example:9200",
    ],
    ["a link on plain http", "http://localhost:8081/ocm/invite?token=7c0a-4b", "localhost:8081"],
  ])("reads %s (INV-38, INV-40, G-62)", (_name, text, provider) => {
    expect(parseInvite(text)).toEqual({ token: "7c0a-4b", provider });
  });

  it.each([
    "",
    "   ",
    "@",
    "token@",
    "@cloud.example",
    base64("no at sign"),
    base64("@cloud.example"),
    base64("token@cloud.example/path"),
    "a===",
    "not base64!",
    Buffer.from([0xff, 0x40, 0x61]).toString("base64"),
    "https://bank.example/reset-password?token=7c0a",
    "https://cloud.example/open-cloud-mesh/wayf",
    "https://cloud.example/open-cloud-mesh/wayf?token=",
    "https://cloud.example/wayf?token=a&providerDomain=",
    "https://cloud.example/wayf?token=a&providerDomain=x/y",
    "https://",
    "ftp://cloud.example/wayf?token=a",
    "?token=a",
  ])("refuses %j (G-62)", (text) => {
    expect(outcome(() => parseInvite(text))).toBe("invite-malformed");
  });

  it("throws nothing but invite-malformed", () => {
    const links = fc.tuple(fc.webUrl(), fc.string()).map(([url, token]) => `${url}?token=${token}`);
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String(),
      fc.webUrl({ withQueryParameters: true }),
      links,
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = outcome(() => parseInvite(text));
        expect(result === "invite-malformed" || (typeof result === "object" && !(result instanceof Error))).toBe(true);
      }),
    );
  });
});

describe("acceptDialogUrl", () => {
  it("adds token and providerDomain, percent-encoded (DISC-48, G-59)", () => {
    expect(acceptDialogUrl("https://me.example/accept", "a+b&c=d é", "go.example:9200")).toBe(
      "https://me.example/accept?token=a%2Bb%26c%3Dd+%C3%A9&providerDomain=go.example%3A9200",
    );
    expect(acceptDialogUrl("https://me.example/index.php?page=ocm", "a", "b")).toBe(
      "https://me.example/index.php?page=ocm&token=a&providerDomain=b",
    );
  });

  it("makes a link that parseInvite reads", () => {
    fc.assert(
      fc.property(identifiers, hosts, (token, provider) => {
        expect(parseInvite(acceptDialogUrl("https://me.example/any/page", token, provider))).toEqual({
          token,
          provider,
        });
      }),
    );
  });

  it("refuses what is no URL", () => {
    expect(outcome(() => acceptDialogUrl("/path", "a", "b"))).toBe("peer-incompatible");
  });
});
