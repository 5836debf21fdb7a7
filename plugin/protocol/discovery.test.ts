import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broken, outcome } from "./arbitraries.test-helper.ts";
import { type DiscoveryOffer, decodeDiscovery, encodeDiscovery } from "./discovery.ts";
import { accepts, demands, exchangesTokens, has, receivedUri, webdavPrefix } from "./profile.ts";

const HOST = "peer.example";
const ORIGIN = "https://peer.example";
const read = (json: unknown, origin = ORIGIN) => decodeDiscovery(json, HOST, origin);

const file = { name: "file", shareTypes: ["user"], protocols: { webdav: "/dav/ocm/" } };
const minimal = { enabled: true, apiVersion: "1.4.0", endPoint: "https://peer.example/ocm", resourceTypes: [file] };

const offer: DiscoveryOffer = {
  provider: "Cloud of Alice",
  endPoint: "https://peer.example/ocm",
  webdav: "/ocm/dav/",
  capabilities: ["exchange-token", "http-sig", "invites", "notifications", "protocol-object"],
  criteria: ["must-use-http-sig"],
  tokenEndPoint: "https://peer.example/ocm/token",
  jwksUri: "https://peer.example/ocm/jwks",
  inviteAcceptDialog: "/ocm/accept-invite",
};

describe("our own document", () => {
  const document = encodeDiscovery(offer);

  it("has the required fields, file and folder for users over webdav in both directions (DISC-14 to DISC-24, DISC-26)", () => {
    expect(document).toMatchObject({
      enabled: true,
      apiVersion: "1.4.0",
      endPoint: offer.endPoint,
      provider: offer.provider,
    });
    expect(document.resourceTypes).toEqual(
      ["file", "folder"].map((name) => ({
        name,
        shareTypes: ["user"],
        protocols: { webdav: "/ocm/dav/", "webdav-receive": { uri: "relative" } },
      })),
    );
  });

  it("names the token endpoint, the keys and the page for invites (DISC-47, DISC-50, D-08)", () => {
    const { tokenEndPoint, jwksUri, inviteAcceptDialog } = offer;
    expect(document).toMatchObject({ tokenEndPoint, jwksUri, inviteAcceptDialog });
    expect(encodeDiscovery({ ...offer, inviteAcceptDialog: null })).not.toHaveProperty("inviteAcceptDialog");
  });

  it("is read by our own reader", () => {
    expect(read(document)).toEqual({
      host: HOST,
      enabled: true,
      apiVersion: "1.4.0",
      endPoint: offer.endPoint,
      provider: offer.provider,
      resourceTypes: document.resourceTypes,
      capabilities: offer.capabilities,
      criteria: offer.criteria,
      tokenEndPoint: offer.tokenEndPoint,
      jwksUri: offer.jwksUri,
      inviteAcceptDialog: "https://peer.example/ocm/accept-invite",
    });
  });
});

describe("a discovery that fails", () => {
  it.each([
    ["enabled", "enabled is missing"],
    ["apiVersion", "apiVersion is missing"],
    ["endPoint", "endPoint is missing"],
    ["resourceTypes", "resourceTypes is missing"],
  ])("says in a sentence that %s is missing (DISC-14 to DISC-18, G-55)", (field, sentence) => {
    const { [field]: _, ...rest } = minimal as Record<string, unknown>;
    expect(outcome(() => read(rest))).toBe("peer-incompatible");
    expect(() => read(rest)).toThrow(`The discovery document of peer.example cannot be used: ${sentence}.`);
  });

  it.each([
    ["enabled", "yes", "enabled is not true or false"],
    ["apiVersion", 1.4, "apiVersion is not a text"],
    ["endPoint", "", "endPoint is not an https URL"],
    ["endPoint", 7, "endPoint is not an https URL"],
    ["endPoint", "http://peer.example/ocm", "endPoint is not an https URL"],
    ["endPoint", "javascript:alert(1)", "endPoint is not an https URL"],
    ["endPoint", "https://user:secret@peer.example/ocm", "endPoint is not an https URL"],
    ["endPoint", "https://peer.example/ocm?x=1", "endPoint is not an https URL"],
    ["endPoint", "https://peer.example/ocm#x", "endPoint is not an https URL"],
    ["resourceTypes", "file", "resourceTypes is not a list"],
  ])("says in a sentence that %s is not %j (G-55)", (field, value, sentence) => {
    expect(() => read({ ...minimal, [field]: value })).toThrow(sentence);
  });

  it("names all that is missing at once", () => {
    expect(() => read({})).toThrow(
      "enabled is missing; apiVersion is missing; endPoint is missing; resourceTypes is missing.",
    );
    for (const json of [null, [], "<html>", 1]) expect(() => read(json)).toThrow("it is not a JSON object");
  });

  it("throws nothing but OcmError", () => {
    const origins = fc.constantFrom(ORIGIN, "http://localhost:8081", "", "nonsense");
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), broken(encodeDiscovery(offer))), origins, (json, origin) => {
        expect(outcome(() => decodeDiscovery(json, HOST, origin))).not.toBeInstanceOf(Error);
      }),
      { numRuns: 500 },
    );
  });

  it("lets no http address in behind https, whatever the document says", () => {
    fc.assert(
      fc.property(broken(encodeDiscovery(offer)), (json) => {
        const result = outcome(() => read(json)) as { value?: ReturnType<typeof read> };
        for (const url of [result.value?.endPoint, result.value?.tokenEndPoint, result.value?.jwksUri]) {
          if (url) expect(url).toMatch(/^https:/);
        }
      }),
    );
  });
});

describe("addresses in a document", () => {
  it("may be paths, which start at the origin that answered", () => {
    const profile = read({
      ...minimal,
      endPoint: "/ocm/",
      tokenEndPoint: "/ocm/token",
      jwksUri: "/jwks",
      inviteAcceptDialog: "/accept",
    });
    expect(profile).toMatchObject({
      endPoint: "https://peer.example/ocm",
      tokenEndPoint: "https://peer.example/ocm/token",
      jwksUri: "https://peer.example/jwks",
      inviteAcceptDialog: "https://peer.example/accept",
    });
  });

  it("may be of another host, but for the page on which people accept invites (G-03, G-59)", () => {
    const api = "https://api.example/ocm";
    const profile = read({
      ...minimal,
      endPoint: api,
      tokenEndPoint: `${api}/token`,
      jwksUri: `${api}/jwks`,
      inviteAcceptDialog: `${api}/accept`,
    });
    expect(profile).toMatchObject({
      endPoint: api,
      tokenEndPoint: `${api}/token`,
      jwksUri: `${api}/jwks`,
      inviteAcceptDialog: null,
    });
  });

  it("may be http only where the document came over http (D-08, D-35)", () => {
    const http = {
      ...minimal,
      endPoint: "http://localhost:8081/ocm",
      tokenEndPoint: "http://localhost:8081/ocm/token",
    };
    expect(read(http, "http://localhost:8081")).toMatchObject({
      endPoint: http.endPoint,
      tokenEndPoint: http.tokenEndPoint,
    });
    expect(read({ ...minimal, tokenEndPoint: http.tokenEndPoint, jwksUri: "http://peer.example/jwks" })).toMatchObject({
      tokenEndPoint: null,
      jwksUri: null,
    });
  });

  it("count as absent where they are optional and of no use", () => {
    const profile = read({ ...minimal, tokenEndPoint: "", jwksUri: 5, inviteAcceptDialog: null, provider: "" });
    expect(profile).toMatchObject({ tokenEndPoint: null, jwksUri: null, inviteAcceptDialog: null, provider: null });
  });
});

describe("the documents of other servers", () => {
  it("Nextcloud 35: a proposal's version, one resource type, keys of its own kind", () => {
    const profile = read({
      enabled: true,
      apiVersion: "1.0-proposal1",
      version: "1.1.2",
      endPoint: "https://peer.example/index.php/ocm",
      publicKey: { keyId: "https://peer.example/ocm#signature", publicKeyPem: "-----BEGIN PUBLIC KEY-----" },
      provider: "Nextcloud 35.0.0.1",
      resourceTypes: [{ name: "file", shareTypes: ["user", "group"], protocols: { webdav: "/public.php/webdav/" } }],
      capabilities: ["notifications", "shares", "exchange-token", "http-sig"],
      tokenEndPoint: "https://peer.example/index.php/apps/cloud_federation_api/api/v1/access-token",
    });
    expect(profile).toMatchObject({ apiVersion: "1.0-proposal1", endPoint: "https://peer.example/index.php/ocm" });
    expect(exchangesTokens(profile)).toBe(true);
    expect(webdavPrefix(profile, "folder")).toBe("/public.php/webdav/");
    expect(accepts(profile, "file", "group", "webdav")).toBe(true);
  });

  it("Nextcloud 32: capabilities with slashes, as an object with gaps (G-58)", () => {
    const profile = read({
      ...minimal,
      capabilities: { "0": "/invite-accepted", "2": "/Notifications/", "3": "/shares" },
    });
    expect(profile.capabilities).toEqual(["invites", "notifications", "shares"]);
  });

  it("Nextcloud switched off: enabled is false and the rest is empty (G-56)", () => {
    expect(read({ enabled: false, apiVersion: "1.0-proposal1", endPoint: "", resourceTypes: [] })).toMatchObject({
      enabled: false,
      endPoint: "",
      resourceTypes: [],
    });
    expect(read({ enabled: false }).enabled).toBe(false);
  });

  it("a version where there is no apiVersion", () => {
    const { apiVersion: _, ...rest } = minimal;
    expect(read({ ...rest, version: "1.1.0" }).apiVersion).toBe("1.1.0");
  });

  it("ownCloud 10: the list is called shareTypes and its items have none", () => {
    const profile = read({
      enabled: true,
      apiVersion: "1.0-proposal1",
      endPoint: "https://peer.example/index.php/apps/federatedfilesharing",
      shareTypes: [{ name: "file", protocols: { webdav: "/public.php/webdav/" } }],
    });
    expect(profile.resourceTypes).toEqual([
      { name: "file", shareTypes: ["user"], protocols: { webdav: "/public.php/webdav/" } },
    ]);
  });

  it("Seafile: one resource type in place of a list, and {} when it is off", () => {
    const profile = read({
      enabled: true,
      apiVersion: "1.0-proposal1",
      endPoint: "https://peer.example//api/v2.1/ocm/",
      resourceTypes: { name: "library", shareTypes: ["user"], protocols: { "Seafile API": "Seafile API" } },
    });
    expect(profile.endPoint).toBe("https://peer.example//api/v2.1/ocm");
    expect(profile.resourceTypes).toHaveLength(1);
    expect(webdavPrefix(profile, "file")).toBeNull();
    expect(() => read({})).toThrow("is missing");
  });

  it("CERNBox: object values, a criterion, an absolute page for invites", () => {
    const protocols = {
      webdav: "/remote.php/dav/ocm",
      "webdav-receive": { uri: "absolute" },
      webapp: {},
      "webapp-receive": { targets: ["blank"] },
    };
    const profile = read({
      enabled: true,
      apiVersion: "1.3.0",
      endPoint: "https://peer.example/ocm",
      provider: "reva",
      resourceTypes: [
        { name: "file", shareTypes: ["user"], protocols },
        { name: "folder", shareTypes: ["user"], protocols },
        { name: "ro-crate", shareTypes: ["user"], protocols: { "embedded-receive": {} } },
      ],
      capabilities: ["invites", "protocol-object", "invite-wayf", "exchange-token"],
      criteria: ["must-invite"],
      inviteAcceptDialog: "https://peer.example/open-cloud-mesh/accept-invite",
      tokenEndPoint: "https://peer.example/ocm/token",
    });
    expect(demands(profile, "must-invite")).toBe(true);
    expect(receivedUri(profile, "folder")).toBe("absolute");
    expect(accepts(profile, "folder", "user", "webapp")).toBe(true);
    expect(accepts(profile, "ro-crate", "user", "webdav")).toBe(false);
    expect(profile.inviteAcceptDialog).toBe("https://peer.example/open-cloud-mesh/accept-invite");
  });

  it("the OCM stub: a path as token endpoint, a bare PEM as key", () => {
    const profile = read({
      ...minimal,
      capabilities: ["invites", "exchange-token"],
      tokenEndPoint: "/ocm/token",
      publicKey: "-----BEGIN",
    });
    expect(profile.tokenEndPoint).toBe("https://peer.example/ocm/token");
  });

  it("a server without capabilities, with criteria null or of a wrong kind", () => {
    expect(read({ ...minimal, criteria: null, capabilities: "http-sig" })).toMatchObject({
      criteria: [],
      capabilities: [],
    });
    expect(read({ ...minimal, capabilities: ["a", 1, null, "/"] }).capabilities).toEqual(["a"]);
  });

  it("resource types without a name, or with protocols of a wrong kind", () => {
    const profile = read({
      ...minimal,
      resourceTypes: [{ protocols: {} }, "file", null, { name: "file", shareTypes: 1, protocols: [] }],
    });
    expect(profile.resourceTypes).toEqual([{ name: "file", shareTypes: ["user"], protocols: {} }]);
  });
});

describe("old names", () => {
  it("are read as today's, and unknown ones are kept (G-58)", () => {
    const profile = read({
      ...minimal,
      capabilities: ["http-request-signatures", "/Invite", "/mfa-capable", "webdav-uri", "x-own", "http-sig"],
      criteria: ["http-request-signatures", "invite", "allowlist"],
    });
    expect(profile.capabilities).toEqual(["http-sig", "invites", "enforce-mfa", "webdav-uri", "x-own"]);
    expect(profile.criteria).toEqual(["must-use-http-sig", "must-invite", "allowlist"]);
    expect(has(profile, "http-sig")).toBe(true);
    expect(has(profile, "constructor")).toBe(false);
  });
});
