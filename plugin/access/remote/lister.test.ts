import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakePeer, startFakePeer } from "./fake-peer.test-helper.ts";
import { type Receiver, receiver } from "./peer-client.test-helper.ts";

const ME = ["bob", "received-1"] as const;
const file = (etag = '"v1"') => ({ content: Buffer.from("content"), etag });

describe("listings of a received share", () => {
  let peer: FakePeer;
  let bob: Receiver;

  beforeEach(async () => {
    peer = await startFakePeer();
    bob = receiver(peer, {}, { capabilities: [] });
    peer.tree.set("sub", { etag: '"s1"' });
    peer.tree.set("sub/a", file());
  });
  afterEach(() => bob.close());

  const open = (path = "sub", signal?: AbortSignal) => bob.access.open(...ME, path, signal ? { signal } : {});
  const stat = (path: string) => bob.access.stat(...ME, path, {});
  const names = async (path?: string) => (await open(path)).children?.map(({ name }) => name);
  const silent = (method: string) => (request: { method?: string }) => request.method === method;

  it("cost one request, whatever is in the folder, and none for what a listing has just told", async () => {
    for (let index = 0; index < 1_000; index += 1) peer.tree.set(`sub/${index}`, index % 2 ? file() : { etag: '"f"' });
    const { children } = await open();
    expect(children).toHaveLength(1_001);
    for (const { path } of children ?? []) await stat(path);
    await stat("sub");
    expect(peer.seen).toEqual(["PROPFIND 1 sub"]);
    bob.later = 2_000;
    await stat("sub/a");
    bob.later = -60_000;
    await stat("sub/a");
    expect(peer.seen).toEqual(["PROPFIND 1 sub", "PROPFIND 0 sub/a", "PROPFIND 0 sub/a"]);
  });

  it("are asked for each time they are opened, with the tag of the last, and 412 tells that nothing has changed", async () => {
    const first = await open();
    peer.tree.set("sub/b", file());
    expect(await open()).toEqual(first);
    peer.tree.set("sub", { etag: '"s2"' });
    expect(await names()).toEqual(["a", "b"]);
    expect(peer.seen).toEqual(["PROPFIND 1 sub", "PROPFIND 1 sub", "PROPFIND 1 sub"]);
    expect(peer.fields.map((fields) => fields["if-none-match"])).toEqual([undefined, '"s1"', '"s1"']);
  });

  it("are taken in full from a server that does not look at the tag, by the same one request", async () => {
    peer.conditional = false;
    await open();
    peer.tree.set("sub/b", file());
    expect(await names()).toEqual(["a", "b"]);
    expect(peer.seen).toHaveLength(2);
  });

  it("are asked for without a condition where the tag is weak or missing, and again in full after ten minutes", async () => {
    for (const etag of ['W/"s1"', "s1", ""]) {
      peer.tree.set("sub", { etag });
      await open();
      await open();
    }
    peer.tree.set("sub", { etag: '"s3"' });
    await open();
    bob.later = 590_000;
    await open();
    bob.later = 601_000;
    await open();
    const conditions = peer.fields.map((fields) => fields["if-none-match"]);
    expect(conditions).toEqual([...Array(7).fill(undefined), '"s3"', undefined]);
  });

  it("are no fresh news where they were confirmed long ago, and are where it was just now", async () => {
    await open();
    bob.later = 60_000;
    await open();
    await stat("sub/a");
    bob.later = 62_000;
    await stat("sub/a");
    expect(peer.seen).toEqual(["PROPFIND 1 sub", "PROPFIND 1 sub", "PROPFIND 0 sub/a"]);
  });

  it("are asked for once by all who open a folder at the same time", async () => {
    const listings = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(new Set(listings.map(({ children }) => children)).size).toBe(20);
    await Promise.all(Array.from({ length: 20 }, () => stat("sub/none").catch(() => {})));
    expect(peer.seen.filter((each) => each.startsWith("PROPFIND"))).toEqual(["PROPFIND 1 sub", "PROPFIND 0 sub/none"]);
  });

  it("go on for the others when one goes away, and end when the last one does", async () => {
    let closed = 0;
    const hold = new Promise<void>((resolve) => {
      peer.instead = (request) => {
        request.socket.once("close", () => (closed += 1));
        resolve();
        return true;
      };
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const outcomes = [one, two].map(({ signal }) => open("sub", signal).catch((error) => error.code));
    await hold;
    one.abort();
    expect(await outcomes[0]).toBe("peer-unreachable");
    await wait(30);
    expect(closed).toBe(0);
    two.abort();
    expect(await outcomes[1]).toBe("peer-unreachable");
    await expect.poll(() => closed).toBe(1);
    peer.instead = () => false;
    expect(await names()).toEqual(["a"]);
  });

  it("cannot be spoilt by whoever was given them", async () => {
    const { children } = await open();
    children?.pop();
    expect(await names()).toEqual(["a"]);
    const [entry] = (await open()).children ?? [];
    expect(() => Object.assign(entry ?? {}, { name: "b" })).toThrow(TypeError);
  });

  describe("after a write of ours", () => {
    const content = () => Readable.from([Buffer.from("new")]);
    it.each([
      ["write", () => bob.access.write(...ME, "sub/a", content(), { size: 3 })],
      ["mkdir", () => bob.access.mkdir(...ME, "sub/new", {})],
      ["remove", () => bob.access.remove(...ME, "sub/a", {})],
      ["move", () => bob.access.move(...ME, "sub/a", "other", {})],
      ["copy", () => bob.access.copy(...ME, "sub/a", "sub/b", {})],
      ["failed write", () => bob.access.write(...ME, "sub/a", content(), { size: 3, ifMatch: '"x"' }).catch(() => {})],
    ])("(%s) are neither fresh nor confirmed by their old tag", async (_name, act) => {
      await open("");
      await open();
      await act();
      peer.seen.length = 0;
      peer.fields.length = 0;
      await stat("sub/a").catch(() => {});
      await stat("sub");
      await open();
      await open("");
      expect(peer.seen).toEqual(["PROPFIND 0 sub/a", "PROPFIND 0 sub", "PROPFIND 1 sub", "PROPFIND 1 "]);
      expect(peer.fields.map((fields) => fields["if-none-match"])).toEqual(Array(4).fill(undefined));
    });

    it("are not those that were asked for before it", async () => {
      let answer = () => {};
      const arrived = new Promise<void>((resolve) => {
        peer.instead = ({ method }, response) => {
          if (method !== "PROPFIND") return false;
          const old = '<multistatus xmlns="DAV:"><response><href>/ocm/dav/share-1/sub</href><propstat><prop>';
          const prop = "<resourcetype><collection/></resourcetype></prop></propstat></response></multistatus>";
          answer = () => void response.writeHead(207).end(old + prop);
          resolve();
          return true;
        };
      });
      const before = names();
      await arrived;
      await bob.access.write(...ME, "sub/b", content(), { size: 3 });
      peer.instead = () => false;
      expect(await names()).toEqual(["a", "b"]);
      answer();
      expect(await before).toEqual([]);
      expect(await stat("sub/b")).toMatchObject({ size: 3 });
      peer.instead = silent("PROPFIND");
      bob.haste = 30;
      expect(await names()).toEqual(["a", "b"]);
    });
  });

  it("tell what the owner's server tells of permissions, checksums and the space that is left", async () => {
    peer.tree.set("", { etag: '"r"', more: "<d:quota-available-bytes>42</d:quota-available-bytes>" });
    const sums = "<oc:checksums><oc:checksum>SHA1:ab12 MD5:cd34</oc:checksum></oc:checksums>";
    peer.tree.set("x", { ...file(), more: `<oc:permissions>RDNVW</oc:permissions>${sums}` });
    const { entry, children } = await open("");
    expect(entry.quotaAvailable).toBe(42);
    expect(children?.find(({ name }) => name === "x")).toMatchObject({
      permissions: "RDNVW",
      checksums: ["SHA1:ab12", "MD5:cd34"],
    });
    const odd = "<d:quota-available-bytes>-3</d:quota-available-bytes><oc:permissions>&lt;b&gt;</oc:permissions>";
    peer.tree.set("", { etag: '"r2"', more: odd });
    expect(Object.keys((await open("")).entry).sort()).toEqual(
      ["etag", "mediaType", "modifiedAt", "name", "path", "size", "type"].sort(),
    );
  });
});
