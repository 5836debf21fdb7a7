import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakePeer, startFakePeer } from "./fake-peer.test-helper.ts";
import { profileOf, type Receiver, receiver } from "./peer-client.test-helper.ts";

const ME = ["bob", "received-1"] as const;

describe("a share whose sender has another path for webdav than its document said", () => {
  let peer: FakePeer;
  let bob: Receiver;

  beforeEach(async () => {
    peer = await startFakePeer();
    peer.tree.set("a", { content: Buffer.from("content"), etag: '"v1"' });
    bob = receiver(peer, {}, profileAt("/old/dav/"));
    bob.rediscover = () => profileOf(peer.origin, profileAt("/ocm/dav/"));
  });
  afterEach(() => bob.close());

  const profileAt = (webdav: string) => ({
    capabilities: [],
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav } }],
  });
  const stat = (path = "a") => bob.access.stat(...ME, path, {});

  it.each([404, 405, 410, 421, 301, 302, 307, 308])("is found at the new one after a %i", async (status) => {
    peer.instead = ({ url }, response) => url?.startsWith("/old") === true && !!response.writeHead(status).end();
    expect(await stat()).toMatchObject({ name: "a", size: 7 });
    expect(peer.seen).toEqual(["PROPFIND 0 /old/dav/share-1/a", "PROPFIND 0 a"]);
    expect(bob.rediscovered).toBe(1);
    await bob.access.move(...ME, "a", "b", {});
    expect(peer.seen.slice(2)).toEqual(["MOVE a"]);
  });

  it("is found where its old address is a host that is gone", async () => {
    bob.profile = profileOf(peer.origin, profileAt("http://127.0.0.1:1/dav/"));
    expect(await stat()).toMatchObject({ name: "a" });
    expect(bob.rediscovered).toBe(1);
  });

  it("is found for many requests at once by one look, and a move names both ends anew", async () => {
    await Promise.all(["a", "b", "c"].map((path) => stat(path).catch(() => {})));
    expect(bob.rediscovered).toBe(1);
    expect(peer.seen.slice(3).sort()).toEqual(["PROPFIND 0 a", "PROPFIND 0 b", "PROPFIND 0 c"]);
    bob.profile = profileOf(peer.origin, profileAt("/old/dav/"));
    bob.later = 61_000;
    peer.seen.length = 0;
    await bob.access.move(...ME, "a", "b", {});
    expect(peer.seen).toEqual(["MOVE /old/dav/share-1/a", "MOVE a"]);
    expect(peer.fields.at(-1)?.destination).toBe(`${peer.origin}/ocm/dav/share-1/b`);
  });

  it("is looked for once a minute at most, and not asked again at the same address", async () => {
    bob.rediscover = () => bob.profile;
    for (let times = 0; times < 3; times += 1) await expect(stat()).rejects.toMatchObject({ peerStatus: 404 });
    expect(bob.rediscovered).toBe(1);
    expect(peer.seen).toHaveLength(3);
    bob.later = 61_000;
    await expect(stat()).rejects.toMatchObject({ peerStatus: 404 });
    expect(bob.rediscovered).toBe(2);
  });

  it("stays where it is when the new document cannot be used or read", async () => {
    bob.rediscover = () => profileOf(peer.origin, { resourceTypes: [] });
    await expect(stat()).rejects.toMatchObject({ code: "resource-missing" });
    bob.profile = profileOf(peer.origin, profileAt("/old/dav/"));
    bob.later = 61_000;
    bob.rediscover = () => {
      throw new Error("no document");
    };
    await expect(stat()).rejects.toMatchObject({ code: "resource-missing" });
    expect(bob.rediscovered).toBe(2);
  });

  it("is looked for again soon where the new document could not be read", async () => {
    bob.rediscover = () => {
      throw new Error("no document");
    };
    for (let times = 0; times < 2; times += 1) {
      await expect(stat()).rejects.toMatchObject({ code: "resource-missing" });
    }
    expect(bob.rediscovered).toBe(1);
    bob.later = 6_000;
    bob.rediscover = () => profileOf(peer.origin, profileAt("/ocm/dav/"));
    expect(await stat()).toMatchObject({ name: "a", size: 7 });
  });

  it("is found at once where it has just answered from the old one, and what is missing costs one look", async () => {
    bob.profile = profileOf(peer.origin, profileAt("/ocm/dav/"));
    await stat();
    await expect(stat("none")).rejects.toMatchObject({ code: "resource-missing" });
    await expect(bob.access.remove(...ME, "none", {})).rejects.toMatchObject({ code: "resource-missing" });
    expect([bob.rediscovered, peer.seen.length]).toEqual([1, 3]);
    bob.later = 61_000;
    await stat();
    peer.prefix = "/new/dav/share-1";
    bob.rediscover = () => profileOf(peer.origin, profileAt("/new/dav/"));
    expect(await stat()).toMatchObject({ name: "a", size: 7 });
  });

  it("is not looked for where the share has an address of its own, or the sender itself does not answer", async () => {
    bob.record = { ...bob.record, uri: `${peer.origin}/elsewhere/share-1` };
    await expect(stat()).rejects.toMatchObject({ code: "resource-missing" });
    bob.record = { ...bob.record, uri: "share-1", senderHost: "127.0.0.1:1" };
    bob.profile = { ...bob.profile, host: "127.0.0.1:1" };
    await expect(stat()).rejects.toMatchObject({ code: "peer-unreachable" });
    expect(bob.rediscovered).toBe(0);
  });

  it("takes no stream twice, but the next one finds it", async () => {
    bob.profile = profileOf(peer.origin, profileAt("/ocm/dav/"));
    await stat();
    peer.prefix = "/new/dav/share-1";
    bob.rediscover = () => profileOf(peer.origin, profileAt("/new/dav/"));
    const content = () => Readable.from([Buffer.alloc(100_000)]);
    await expect(bob.access.write(...ME, "b", content(), {})).rejects.toMatchObject({ code: "resource-missing" });
    bob.later = 61_000;
    await bob.access.write(...ME, "b", content(), {});
    expect(peer.tree.get("b")?.content).toHaveLength(100_000);
  });
});

describe("the address of a received share", () => {
  it("may be absolute, and then stands for itself", async () => {
    const [peer, other] = [await startFakePeer(), await startFakePeer()];
    other.prefix = "/files/of/alice";
    other.tree.set("a", { content: Buffer.from("content"), etag: '"v1"' });
    const bob = receiver(peer, { uri: `${other.origin}/files/of/alice` }, { capabilities: [] });
    expect((await bob.access.open(...ME, "", {})).children).toMatchObject([{ name: "a" }]);
    expect((await bob.access.read(...ME, "a", {})).status).toBe(200);
    expect(other.seen).toEqual(["PROPFIND 1 ", "GET a"]);
    expect(peer.seen).toEqual([]);
    await bob.close();
  });
});
