import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalHost } from "./address.ts";
import { hosts, identifiers } from "./arbitraries.test-helper.ts";
import { serverMeant } from "./server-meant.ts";

describe("serverMeant", () => {
  it("reads a host, an OCM Address and the address of a page alike", () => {
    fc.assert(
      fc.property(hosts, identifiers, (host, identifier) => {
        expect(serverMeant(` ${host}\n`)).toBe(host);
        expect(serverMeant(`${identifier}@${host}`)).toBe(host);
        expect(serverMeant(`https://${host}`)).toBe(host);
        expect(serverMeant(`https://${host}/index.php/apps/files/?dir=/a@b#c`)).toBe(host);
        expect(serverMeant(`${host}/login`)).toBe(host);
      }),
    );
  });

  it.each([
    "",
    " ",
    "@",
    "bob@",
    "two words",
    "https://",
    "javascript:alert(1)",
    "https://good.example@evil.example/",
    "https://good.example:pw@evil.example/",
    "a\r\nb.example",
    "http://[::1",
    "a.example:0",
    "x".repeat(600),
  ])("finds no server in %j", (text) => {
    expect(serverMeant(text)).toBeNull();
  });

  it("gives a canonical host or null, whatever somebody types", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.emailAddress()), (text) => {
        const host = serverMeant(text);
        if (host !== null) expect(canonicalHost(host)).toBe(host);
      }),
    );
  });
});
