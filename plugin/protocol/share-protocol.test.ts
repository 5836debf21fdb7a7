import { describe, expect, it } from "vitest";
import { problemsOf } from "./arbitraries.test-helper.ts";
import type { JsonObject } from "./json.ts";
import { decodeShare } from "./share-decode.ts";
import { draft } from "./vendor-shares.test-helper.ts";

const problems = (json: unknown) => problemsOf(() => decodeShare(json));
const webdavOf = (webdav: JsonObject) => decodeShare({ ...draft, protocol: { name: "multi", webdav } }).share.webdav;
const plain = { uri: "7c08", sharedSecret: "s3cret" };

describe("the forms of protocol", () => {
  it.each(["multi", "webdav", "", null, undefined, "something"])(
    "may have its webdav object under protocol name %j (SHARE-32, G-41)",
    (name) => {
      const { protocol, ...rest } = draft;
      expect(decodeShare({ ...rest, protocol: { ...protocol, name } }).share.webdav?.uri).toBe(protocol.webdav.uri);
    },
  );

  it("is read from options in the deprecated form (SHARE-32, SHARE-34, ACC-13)", () => {
    const protocol = { name: "webdav", options: { sharedSecret: "s3cret", permissions: "some permissions scheme" } };
    expect(decodeShare({ ...draft, protocol }).share.webdav).toEqual({
      uri: null,
      sharedSecret: "s3cret",
      permissions: ["read"],
      requirements: [],
      size: null,
      form: "options",
    });
  });

  it("names the other protocols that are offered", () => {
    const protocol = { ...draft.protocol, webapp: {}, ssh: { uri: "u@h:/p" }, note: "text", options: {} };
    expect(decodeShare({ ...draft, protocol }).share.otherProtocols).toEqual(["webapp", "ssh"]);
    const { webdav: _, ...others } = protocol;
    expect(decodeShare({ ...draft, protocol: others }).share).toMatchObject({
      webdav: null,
      otherProtocols: ["webapp", "ssh"],
    });
  });

  it.each<[unknown, string[]]>([
    [[], ["protocol NOT_AN_OBJECT"]],
    ["webdav", ["protocol NOT_AN_OBJECT"]],
    [{}, ["protocol.webdav REQUIRED"]],
    [{ name: "multi" }, ["protocol.webdav REQUIRED"]],
    [{ name: "multi", options: {} }, ["protocol.webdav REQUIRED"]],
    [{ name: "webdav" }, ["protocol.webdav REQUIRED"]],
    [{ name: "webdav", options: {} }, ["protocol.options.sharedSecret REQUIRED"]],
    [{ name: "webdav", options: { sharedSecret: 5 } }, ["protocol.options.sharedSecret NOT_A_STRING"]],
    [{ name: 5, webdav: plain }, ["protocol.name NOT_A_STRING"]],
    [{ name: "multi", webdav: "7c08" }, ["protocol.webdav NOT_AN_OBJECT"]],
    [{ name: "multi", webdav: {} }, ["protocol.webdav.uri REQUIRED", "protocol.webdav.sharedSecret REQUIRED"]],
    [{ name: "multi", webdav: { uri: "7c08" } }, ["protocol.webdav.sharedSecret REQUIRED"]],
    [{ name: "multi", webdav: { sharedSecret: "s" } }, ["protocol.webdav.uri REQUIRED"]],
    [{ name: "multi", webdav: { ...plain, uri: "../x" } }, ["protocol.webdav.uri NOT_A_USABLE_URI"]],
    [{ name: "multi", webdav: { ...plain, uri: "ftp://h/x" } }, ["protocol.webdav.uri NOT_A_USABLE_URI"]],
    [
      { name: "multi", webdav: { ...plain, sharedSecret: "a\r\nb" } },
      ["protocol.webdav.sharedSecret NOT_VISIBLE_ASCII"],
    ],
  ])("is refused with protocol %j (WEBDAV-07, WEBDAV-12, ACC-15, G-37)", (protocol, errors) => {
    expect(problems({ ...draft, protocol })).toEqual(errors);
  });
});

describe("permissions", () => {
  it.each([
    [
      ["read", "write", "share"],
      ["read", "write", "share"],
    ],
    [
      ["share", "read", "read"],
      ["read", "share"],
    ],
    [["write"], ["write"]],
    [["read", "view"], ["read"]],
    [["view"], ["read"]],
    [[], ["read"]],
    [undefined, ["read"]],
    [null, ["read"]],
    ["", ["read"]],
    ["read,write", ["read", "write"]],
    ["{http://open-cloud-mesh.org/ns}share-permissions", ["read"]],
    [{ "0": "read", "2": "share" }, ["read", "share"]],
    [{ read: true, write: true, share: false }, ["read", "write"]],
    [{}, ["read"]],
  ])("%j are read as %j (WEBDAV-14, WEBDAV-15, G-40, Y-07)", (permissions, known) => {
    expect(webdavOf({ ...plain, ...(permissions === undefined ? {} : { permissions }) })?.permissions).toEqual(known);
  });
});

describe("requirements", () => {
  it.each([
    [
      ["must-exchange-token", "must-use-mfa"],
      ["must-exchange-token", "must-use-mfa"],
    ],
    [["must-use-mfa", "must-use-mfa"], ["must-use-mfa"]],
    [["mfa-enforced"], ["must-use-mfa"]],
    [{ "1": "must-use-mfa" }, ["must-use-mfa"]],
    [[], []],
    [null, []],
  ])("%j are read as %j (WEBDAV-16)", (requirements, known) => {
    expect(webdavOf({ ...plain, requirements })?.requirements).toEqual(known);
  });

  it.each(["must-dance", "constructor", "__proto__", ""])(
    "an unknown one, %j, makes the protocol unusable (G-13, Y-08)",
    (unknown) => {
      expect(webdavOf({ ...plain, requirements: ["must-exchange-token", unknown] })).toBeNull();
    },
  );

  it("are refused as an object of names", () => {
    const webdav = { ...plain, requirements: { mfa: "must-use-mfa" } };
    expect(problems({ ...draft, protocol: { webdav } })).toEqual([
      "protocol.webdav.requirements NOT_A_LIST_OF_STRINGS",
    ]);
  });

  it("are also read from options", () => {
    const options = { sharedSecret: "s", requirements: ["must-exchange-token"] };
    expect(decodeShare({ ...draft, protocol: { name: "webdav", options } }).share.webdav?.requirements).toEqual([
      "must-exchange-token",
    ]);
  });
});
