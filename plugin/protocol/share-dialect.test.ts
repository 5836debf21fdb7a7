import { describe, expect, it } from "vitest";
import type { JsonObject } from "./json.ts";
import { claimedHost, type DecodedShare, decodeShare } from "./share-decode.ts";
import {
  cernbox,
  draft,
  nextcloud,
  ocis7,
  ocmgo,
  openCloud,
  owncloud,
  seafileFile,
  seafileLibrary,
  stub,
  talk,
} from "./vendor-shares.test-helper.ts";

describe("the dialects of other servers", () => {
  const of = (json: JsonObject): DecodedShare => decodeShare(json);

  it("Nextcloud: sharedBy, a number as providerId, a scheme in shareWith, no permissions", () => {
    expect(of(nextcloud)).toMatchObject({
      dialect: "nextcloud",
      share: {
        shareWith: { identifier: "bob", host: "receiver.example" },
        sender: { identifier: "alice", host: "nc.example" },
        senderDisplayName: "Alice",
        description: null,
        providerId: "42",
        webdav: { uri: null, sharedSecret: "Ab3cD", permissions: ["read"], form: "options" },
      },
    });
  });

  it("Nextcloud 35: the webdav object under the name webdav", () => {
    const webdav = { uri: "Ab3cD", sharedSecret: "Ab3cD", permissions: ["read", "write"] };
    expect(of({ ...nextcloud, protocol: { name: "webdav", webdav } }).share.webdav).toMatchObject({
      ...webdav,
      form: "object",
    });
  });

  it("Nextcloud: of a re-share for somebody elsewhere the owner is the sender, whose server signs (G-02)", () => {
    const reshared = { ...nextcloud, sharedBy: "carol@other.example", sharedByDisplayName: "Carol" };
    expect(of(reshared).share).toMatchObject({
      sender: { identifier: "alice", host: "nc.example" },
      senderDisplayName: "alice",
    });
    expect(claimedHost(reshared)).toBe("nc.example");
  });

  it("ownCloud 10: a scheme in owner and sender, a secret and nothing else", () => {
    expect(of(owncloud)).toMatchObject({
      dialect: "owncloud",
      share: {
        owner: { identifier: "einstein", host: "oc.example" },
        sender: { identifier: "einstein", host: "oc.example" },
        webdav: { uri: null, sharedSecret: "Ab3cD", form: "options" },
      },
    });
  });

  it("OpenCloud: a doubled host, empty texts, expiration 0", () => {
    expect(of(openCloud)).toMatchObject({
      dialect: "reva",
      share: {
        owner: { identifier: "b1f74ec4", host: "cloud.example" },
        sender: { identifier: "b1f74ec4", host: "cloud.example" },
        ownerDisplayName: null,
        expiration: null,
        webdav: { uri: "https://cloud.example/dav/ocm/0b6e", permissions: ["read", "write"], form: "object" },
      },
    });
  });

  it("CERNBox: a webapp beside, permissions null", () => {
    expect(of(cernbox)).toMatchObject({
      dialect: "reva",
      share: { otherProtocols: ["webapp"], webdav: { permissions: ["read"], requirements: [] } },
    });
  });

  it("oCIS 7: url in place of uri, our host doubled in shareWith", () => {
    expect(of(ocis7)).toMatchObject({
      dialect: "reva",
      share: {
        shareWith: { identifier: "bob@receiver.example", host: "receiver.example" },
        sender: { identifier: "4c510ada", host: "ocis.example" },
        otherProtocols: ["datatx"],
        webdav: { uri: "https://ocis.example/dav/ocm/0b6e" },
      },
    });
  });

  it("ocmgo: as the draft says", () => {
    expect(of(ocmgo)).toMatchObject({
      dialect: "ocm",
      share: { sender: { host: "go.example:9200" }, expiration: null },
    });
  });

  it("Seafile: a library by its own protocol, and a file as Nextcloud writes it", () => {
    expect(of(seafileLibrary)).toMatchObject({
      dialect: "seafile",
      share: { webdav: null, otherProtocols: ["Seafile API"] },
    });
    expect(of(seafileFile)).toMatchObject({
      dialect: "seafile",
      share: { shareWith: { identifier: "bob@example.com" }, expiration: null, webdav: { form: "options" } },
    });
  });

  it("a server that writes sharedBy beside sender, as this one does to old peers", () => {
    expect(of({ ...draft, sharedBy: "carol@other.example" })).toMatchObject({
      dialect: "ocm",
      share: { sender: { identifier: "john", host: "sender.example" } },
    });
  });

  it("the OCM stub: URI in capitals, both forms at once", () => {
    expect(of(stub)).toMatchObject({
      dialect: "ocm",
      share: { webdav: { uri: "https://stub/webdav-api/file.txt", sharedSecret: "shareMeNot", form: "object" } },
    });
  });

  it("Nextcloud Talk: another resource type, which decodes so that it can be refused with 501", () => {
    expect(of(talk)).toMatchObject({ share: { resourceType: "talk-room", webdav: null, otherProtocols: ["nctalk"] } });
  });

  it("a webdav object without a secret takes that of options, one without a uri is the deprecated form", () => {
    const options = { sharedSecret: "s3cret" };
    expect(of({ ...draft, protocol: { name: "multi", options, webdav: { uri: "7c08" } } }).share.webdav).toMatchObject({
      sharedSecret: "s3cret",
      form: "object",
    });
    expect(
      of({ ...draft, protocol: { name: "multi", options, webdav: { permissions: ["read"] } } }).share.webdav,
    ).toMatchObject({
      uri: null,
      form: "options",
    });
  });
});
