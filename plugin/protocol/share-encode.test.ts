import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hosts, identifiers } from "./arbitraries.test-helper.ts";
import type { PeerProfile } from "./profile.ts";
import { decodeShare } from "./share-decode.ts";
import { encodeShare, type ShareToSend, shareForm, uriForm } from "./share-encode.ts";

function peer(changes: Partial<PeerProfile> & { receive?: unknown } = {}): PeerProfile {
  const { receive, ...rest } = changes;
  const protocols = { webdav: "/dav/", ...(receive === undefined ? {} : { "webdav-receive": receive }) };
  return {
    host: "peer.example",
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: "https://peer.example/ocm",
    provider: null,
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols }],
    capabilities: ["protocol-object"],
    criteria: [],
    tokenEndPoint: null,
    jwksUri: null,
    inviteAcceptDialog: null,
    ...rest,
  };
}
const nextcloud = (version: string, capabilities: string[]) =>
  peer({ apiVersion: version, capabilities, provider: "Nextcloud 33.0.0" });

const share: ShareToSend = {
  shareWith: { identifier: "bob", host: "peer.example" },
  owner: { identifier: "alice", host: "cloud.example" },
  sender: { identifier: "alice", host: "cloud.example" },
  ownerDisplayName: "Alice",
  senderDisplayName: "Alice",
  name: "photos",
  description: null,
  providerId: "7c08",
  shareType: "user",
  resourceType: "folder",
  expiration: 1_900_000_000,
  webdav: {
    relativeUri: "7c08",
    absoluteUri: "https://cloud.example/ocm/dav/7c08",
    sharedSecret: "s3cret",
    permissions: ["read", "write"],
    requirements: ["must-exchange-token"],
    size: null,
  },
};

describe("shareForm", () => {
  it.each([
    ["koa-ocm", peer(), "object"],
    ["ocmgo 1.4.0", peer({ capabilities: ["exchange-token"] }), "object"],
    ["OpenCloud 1.2.0", peer({ apiVersion: "1.2.0", capabilities: ["protocol-object"] }), "object"],
    ["oCIS 1.1.0, without the capability", peer({ apiVersion: "1.1.0", capabilities: ["invites"] }), "object"],
    ["Nextcloud 30, whatever it can", nextcloud("1.0-proposal1", []), "options"],
    ["Nextcloud 33", nextcloud("1.0-proposal1", ["notifications", "shares"]), "options"],
    ["Nextcloud 35, which exchanges tokens", nextcloud("1.0-proposal1", ["exchange-token", "http-sig"]), "object"],
    ["Nextcloud 35, with its version as set by the admin", nextcloud("1.1.2", []), "object"],
    ["ownCloud 10", peer({ apiVersion: "1.0-proposal1", capabilities: [] }), "options"],
    ["a server of 1.0", peer({ apiVersion: "1.0.0", capabilities: [] }), "options"],
    ["a server of 0.9", peer({ apiVersion: "0.9", capabilities: [] }), "options"],
    ["a server of 1.0 with the capability", peer({ apiVersion: "1.0" }), "object"],
    ["a server of 2", peer({ apiVersion: "2", capabilities: [] }), "object"],
    ["a server of a version that says nothing", peer({ apiVersion: "next", capabilities: [] }), "object"],
  ])("of %s (G-42, G-57, Y-11)", (_name, profile, form) => {
    expect(shareForm(profile)).toBe(form);
  });
});

describe("uriForm", () => {
  it.each([
    ["absolute", peer({ receive: { uri: "absolute" } }), "absolute"],
    ["relative", peer({ receive: { uri: "relative" } }), "relative"],
    ["{}", peer({ receive: {} }), "relative"],
    ["nothing", peer(), "relative"],
    ["nothing, of oCIS", peer({ provider: "oCIS" }), "absolute"],
    ["nothing, of OpenCloud", peer({ provider: "OpenCloud" }), "absolute"],
    ["relative, of reva", peer({ provider: "reva", receive: { uri: "relative" } }), "relative"],
  ])("with %s in webdav-receive (G-39, WEBDAV-08, WEBDAV-10)", (_name, profile, form) => {
    expect(uriForm(profile, "file")).toBe(form);
    expect(uriForm(profile, "folder")).toBe(form);
  });
});

describe("encodeShare", () => {
  it("writes form 3 to today's peers, and nothing but what the draft has (SHARE-14 to SHARE-33, G-42)", () => {
    expect(encodeShare(share, peer({ receive: { uri: "relative" } }))).toEqual({
      shareWith: "bob@peer.example",
      name: "photos",
      providerId: "7c08",
      owner: "alice@cloud.example",
      sender: "alice@cloud.example",
      ownerDisplayName: "Alice",
      senderDisplayName: "Alice",
      shareType: "user",
      resourceType: "folder",
      expiration: 1_900_000_000,
      protocol: {
        name: "multi",
        webdav: {
          uri: "7c08",
          sharedSecret: "s3cret",
          permissions: ["read", "write"],
          requirements: ["must-exchange-token"],
        },
      },
    });
  });

  it("writes the absolute address where that is asked for (G-39)", () => {
    expect(encodeShare(share, peer({ receive: { uri: "absolute" } })).protocol).toMatchObject({
      webdav: { uri: "https://cloud.example/ocm/dav/7c08" },
    });
  });

  it("leaves out what there is not, and never writes an empty list of requirements (Y-08)", () => {
    const body = encodeShare(
      { ...share, expiration: null, ownerDisplayName: null, webdav: { ...share.webdav, requirements: [] } },
      peer(),
    );
    for (const field of ["expiration", "description", "ownerDisplayName"]) expect(body).not.toHaveProperty(field);
    expect(body).not.toHaveProperty("protocol.webdav.requirements");
    expect(body).not.toHaveProperty("protocol.webdav.size");
    expect(body).not.toHaveProperty("protocol.options");
    expect(body).not.toHaveProperty("sharedBy");
  });

  it("writes form 1 to old peers, as Nextcloud, ownCloud and Seafile read it (SHARE-34, G-42)", () => {
    const body = encodeShare(
      { ...share, webdav: { ...share.webdav, requirements: [] } },
      nextcloud("1.0-proposal1", []),
    );
    expect(body).toMatchObject({
      shareWith: "bob@https://peer.example",
      sender: "alice@cloud.example",
      sharedBy: "alice@cloud.example",
      sharedByDisplayName: "Alice",
      providerId: "7c08",
      protocol: {
        name: "webdav",
        options: { sharedSecret: "s3cret", permissions: "{http://open-cloud-mesh.org/ns}share-permissions" },
      },
    });
    expect(Object.keys(body.protocol ?? {})).toEqual(["name", "options"]);
  });

  it("is read by our own reader as it was meant, in each form (SHARE-32)", () => {
    const profiles = fc.constantFrom(
      peer({ receive: { uri: "relative" } }),
      peer({ receive: { uri: "absolute" } }),
      nextcloud("1.0-proposal1", []),
    );
    const names = fc.option(fc.string({ unit: "grapheme", minLength: 1 }));
    const texts = fc.string({ unit: "grapheme", minLength: 1 });
    const record = {
      identifier: identifiers.filter((identifier) => !identifier.includes("@")),
      host: hosts,
      to: fc.record({ identifier: identifiers, host: hosts }),
      names,
      name: texts,
      expiration: fc.option(fc.integer({ min: 1, max: 99_999_999_999 })),
      size: fc.option(fc.nat()),
      permissions: fc.subarray<"read" | "write" | "share">(["read", "write", "share"], { minLength: 1 }),
      requirements: fc.subarray(["must-exchange-token", "must-use-mfa"]),
    };
    fc.assert(
      fc.property(fc.record(record), profiles, (given, profile) => {
        const { permissions, requirements, size, expiration, name } = given;
        const address = { identifier: given.identifier, host: given.host };
        const sent: ShareToSend = {
          ...share,
          shareWith: given.to,
          owner: address,
          sender: address,
          ownerDisplayName: given.names,
          senderDisplayName: given.names,
          name,
          description: given.names,
          expiration,
          webdav: { ...share.webdav, permissions, requirements, size },
        };
        const { webdav, ...rest } = decodeShare(JSON.parse(JSON.stringify(encodeShare(sent, profile)))).share;
        const { webdav: _, ...meant } = sent;
        const { relativeUri, absoluteUri, ...offer } = sent.webdav;
        const uri = uriForm(profile, "folder") === "absolute" ? absoluteUri : relativeUri;
        expect(rest).toEqual({ ...meant, otherProtocols: [] });
        expect(webdav).toEqual(
          shareForm(profile) === "object"
            ? { ...offer, uri, form: "object" }
            : { ...offer, uri: null, size: null, permissions: ["read"], form: "options" },
        );
      }),
    );
  });
});
