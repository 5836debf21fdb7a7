import { describe, expect, it } from "vitest";
import {
  accepts,
  exchangesTokens,
  type PeerProfile,
  type ResourceTypeOffer,
  receivedUri,
  webdavPrefix,
} from "./profile.ts";

function profile(resourceTypes: ResourceTypeOffer[], changes: Partial<PeerProfile> = {}): PeerProfile {
  return {
    host: "peer.example",
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: "https://peer.example/ocm",
    provider: null,
    resourceTypes,
    capabilities: [],
    criteria: [],
    tokenEndPoint: null,
    jwksUri: null,
    inviteAcceptDialog: null,
    ...changes,
  };
}
const offer = (name: string, protocols: Record<string, unknown>, shareTypes = ["user"]) => ({
  name,
  shareTypes,
  protocols,
});

describe("webdavPrefix", () => {
  it("is that of the share's own type, then of file, then of any, never by position (G-36, ACC-03)", () => {
    const all = profile([
      offer("library", { webdav: "/lib" }),
      offer("file", { webdav: "/f" }),
      offer("folder", { webdav: "/d" }),
    ]);
    expect(webdavPrefix(all, "folder")).toBe("/d");
    expect(webdavPrefix(all, "file")).toBe("/f");
    expect(webdavPrefix(all, "calendar")).toBe("/f");
    expect(webdavPrefix(profile([offer("library", { webdav: "/lib" })]), "file")).toBe("/lib");
    expect(webdavPrefix(profile([offer("folder", { ssh: "x" }), offer("file", { webdav: "/f" })]), "folder")).toBe(
      "/f",
    );
  });

  it("is null where there is none, or no text", () => {
    expect(webdavPrefix(profile([]), "file")).toBeNull();
    expect(webdavPrefix(profile([offer("file", { webdav: {} })]), "file")).toBeNull();
    expect(webdavPrefix(profile([offer("file", { webdav: "" })]), "file")).toBeNull();
  });
});

describe("accepts", () => {
  const today = profile([
    offer("file", { webdav: "/f", "webdav-receive": { uri: "relative" } }),
    offer("library", { webapp: {} }),
  ]);

  it("wants the type, the share type and the protocol with -receive (D-27, DISC-24)", () => {
    const peer = profile([offer("folder", { "webdav-receive": {}, webapp: {} }, ["user", "group"])]);
    expect(accepts(peer, "folder", "user", "webdav")).toBe(true);
    expect(accepts(peer, "folder", "group", "webdav")).toBe(true);
    expect(accepts(peer, "folder", "federation", "webdav")).toBe(false);
    expect(accepts(peer, "folder", "user", "webapp")).toBe(false);
    expect(accepts(peer, "calendar", "user", "webdav")).toBe(false);
    expect(accepts(peer, "folder", "user", "constructor")).toBe(false);
  });

  it("assumes a file for a user over webdav (D-28)", () => {
    expect(accepts(profile([]), "file", "user", "webdav")).toBe(true);
    expect(accepts(profile([]), "file", "group", "webdav")).toBe(false);
    expect(accepts(profile([]), "folder", "user", "webdav")).toBe(false);
  });

  it("tries a folder with a peer that lists only file (G-44)", () => {
    expect(accepts(today, "folder", "user", "webdav")).toBe(true);
    expect(accepts(today, "folder", "group", "webdav")).toBe(false);
  });

  it("takes webdav for webdav-receive with a peer from before that (DISC-27)", () => {
    expect(accepts(profile([offer("folder", { webdav: "/d" })]), "folder", "user", "webdav")).toBe(true);
    expect(accepts(profile([offer("folder", { webdav: null })]), "folder", "user", "webdav")).toBe(false);
  });
});

describe("receivedUri", () => {
  it.each([
    [{ "webdav-receive": { uri: "absolute" } }, "absolute"],
    [{ "webdav-receive": { uri: "relative" } }, "relative"],
    [{ "webdav-receive": {} }, null],
    [{ "webdav-receive": { uri: "both" } }, null],
    [{ "webdav-receive": null }, null],
    [{}, null],
  ])("reads %j as %s (DISC-26, DISC-27)", (protocols, uri) => {
    expect(receivedUri(profile([offer("file", protocols)]), "file")).toBe(uri);
    expect(receivedUri(profile([offer("file", protocols)]), "folder")).toBe(uri);
  });
});

describe("exchangesTokens", () => {
  it("needs the capability and the endpoint (DISC-50)", () => {
    const tokenEndPoint = "https://peer.example/token";
    expect(exchangesTokens(profile([], { capabilities: ["exchange-token"], tokenEndPoint }))).toBe(true);
    expect(exchangesTokens(profile([], { capabilities: ["exchange-token"] }))).toBe(false);
    expect(exchangesTokens(profile([], { tokenEndPoint }))).toBe(false);
  });
});
