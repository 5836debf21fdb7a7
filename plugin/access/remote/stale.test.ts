import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakePeer, startFakePeer } from "./fake-peer.test-helper.ts";
import { downPeer, type Receiver, receiver } from "./peer-client.test-helper.ts";

const ME = ["bob", "received-1"] as const;
const file = (etag = '"v1"') => ({ content: Buffer.from("content"), etag });

describe("the last known listings of a received share", () => {
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
  const answering = (status: number): FakePeer["instead"] => {
    return (_request, response) => response.writeHead(status).end() !== undefined;
  };

  it("are given while the owner's server has trouble, with the reason, and no longer when it is back", async () => {
    const known = await open();
    for (const status of [500, 502, 503, 504, 429]) {
      peer.instead = answering(status);
      bob.later += 10_000;
      const { stale, ...listing } = await open();
      expect(listing).toEqual({ entry: known.entry, children: known.children });
      expect(stale).toMatchObject({ reason: { status, message: expect.stringContaining("owner's server") } });
      expect(Math.abs((stale?.at ?? 0) - Date.now())).toBeLessThan(5_000);
    }
    peer.instead = (request) => request.socket.destroy() !== undefined;
    expect((await open()).stale?.reason).toMatchObject({ code: "peer-unreachable", status: null });
    expect(await stat("sub/a")).toMatchObject({ name: "a", stale: { reason: { code: "peer-unreachable" } } });
    expect(bob.record).toMatchObject({ status: "accepted", access: "ok", endedBy: null });
    peer.instead = () => false;
    peer.tree.set("sub", { etag: '"s2"' });
    expect((await open()).stale).toBeNull();
    expect(await stat("sub/a")).not.toHaveProperty("stale");
  });

  it("are given while the breaker is open, and nobody is asked", async () => {
    await open();
    bob.later = 10_000;
    bob.down = downPeer();
    const { stale, children } = await open();
    expect(children).toHaveLength(1);
    expect(stale?.reason).toEqual(bob.down.lastError);
    expect(await stat("sub/a")).toMatchObject({ name: "a", stale: { reason: { code: "peer-timeout" } } });
    expect(await open("sub/a")).toMatchObject({ entry: { name: "a" }, children: null, stale: { at: stale?.at } });
    await expect(open("")).rejects.toMatchObject({ code: "peer-unreachable" });
    await expect(bob.access.listFolder(...ME, "sub", {})).rejects.toMatchObject({ code: "peer-unreachable" });
    await expect(bob.access.read(...ME, "sub/a", {})).rejects.toMatchObject({ code: "peer-unreachable" });
    expect(peer.seen).toEqual(["PROPFIND 1 sub"]);
  });

  it("are given after three seconds, while the request goes on and refreshes what is known", async () => {
    await open();
    let answer = () => {};
    peer.instead = (_request, response) => {
      answer = () => {
        peer.tree.set("sub/b", file());
        const each = (path: string, type: string) =>
          `<response><href>/ocm/dav/share-1/${path}</href><propstat><prop>${type}</prop></propstat></response>`;
        const all = each("sub", "<resourcetype><collection/></resourcetype>") + each("sub/b", "<resourcetype/>");
        response.writeHead(207).end(`<multistatus xmlns="DAV:">${all}</multistatus>`);
      };
      return true;
    };
    const started = Date.now();
    const { stale, children } = await open();
    expect(Date.now() - started).toBeGreaterThanOrEqual(2_900);
    expect(Date.now() - started).toBeLessThan(6_000);
    expect(children?.map(({ name }) => name)).toEqual(["a"]);
    expect(stale?.reason).toMatchObject({ code: "peer-timeout", message: expect.stringContaining("3 seconds") });
    const again = Date.now();
    expect((await open()).stale).not.toBeNull();
    expect(Date.now() - again).toBeLessThan(2_000);
    expect(peer.seen).toHaveLength(2);
    answer();
    bob.down = downPeer();
    await expect.poll(() => names()).toEqual(["b"]);
  }, 20_000);

  it("go on to be refreshed when whoever was given them has gone", async () => {
    await open();
    bob.haste = 100;
    let closed = false;
    peer.instead = (request) => {
      request.socket.once("close", () => (closed = true));
      return true;
    };
    const caller = new AbortController();
    expect((await open("sub", caller.signal)).stale).not.toBeNull();
    caller.abort();
    await wait(50);
    expect(closed).toBe(false);
  });

  it("are not there where nothing is known: then the failure is told, after all the patience that there is", async () => {
    peer.instead = answering(503);
    await expect(open()).rejects.toMatchObject({ code: "peer-unreachable", peerStatus: 503 });
    await expect(stat("sub/a")).rejects.toMatchObject({ code: "peer-unreachable" });
    bob.haste = 10_000;
    peer.instead = () => true;
    await expect(open()).rejects.toMatchObject({ message: "The listing of the owner's server took too long." });
  });

  it("are never given for a list of what is there now", async () => {
    await open();
    peer.instead = answering(503);
    await expect(bob.access.listFolder(...ME, "sub", {})).rejects.toMatchObject({ code: "peer-unreachable" });
  });

  it.each([
    [401, "peer-refused"],
    [403, "forbidden"],
    [404, "resource-missing"],
    [410, "resource-missing"],
  ])("are not given instead of an answer with %i, nor after it", async (status, code) => {
    await open();
    peer.instead = answering(status);
    await expect(open()).rejects.toMatchObject({ code });
    await expect(stat("sub")).rejects.toMatchObject({ code });
    peer.instead = answering(503);
    await expect(open()).rejects.toMatchObject({ code: "peer-unreachable" });
    expect(bob.record.status).toBe("accepted");
  });

  it("are given to nobody once the share has ended, and are forgotten", async () => {
    await open();
    const { record } = bob;
    bob.down = downPeer();
    for (const changes of [{ status: "ended" }, { status: "declined" }, { expiresAt: 1 }] as const) {
      bob.record = { ...record, ...changes };
      await expect(open()).rejects.toMatchObject({ code: expect.stringMatching(/share-(ended|not-accepted)/) });
    }
    bob.record = record;
    await expect(open()).rejects.toMatchObject({ code: "peer-unreachable" });
    bob.down = undefined;
    await open();
    bob.access.forget("received-1");
    bob.down = downPeer();
    await expect(open()).rejects.toMatchObject({ code: "peer-unreachable" });
  });
});
