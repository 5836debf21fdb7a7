import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakePeer, startFakePeer } from "./fake-peer.test-helper.ts";
import { type Receiver, receiver } from "./peer-client.test-helper.ts";

const ME = ["bob", "received-1"] as const;

describe("a file of a received share", () => {
  let peer: FakePeer;
  let bob: Receiver;

  beforeEach(async () => {
    peer = await startFakePeer();
    bob = receiver(peer, {}, { capabilities: [] });
    peer.tree.set("a", { content: Buffer.from("content"), etag: '"v1"' });
  });
  afterEach(() => bob.close());

  const answering =
    (status: number, headers: Record<string, string | number> = {}, body = ""): FakePeer["instead"] =>
    (_request, response) =>
      response.writeHead(status, headers).end(body) !== undefined;
  const content = (words = "new") => Readable.from([Buffer.from(words)]);
  const last = () => peer.fields.at(-1) ?? {};

  it("is read under all conditions that HTTP has, each passed on as it is", async () => {
    await bob.access.read(...ME, "a", {
      range: "bytes=1-2",
      ifRange: '"v1"',
      ifMatch: '"v1"',
      ifNoneMatch: '"v0"',
      ifModifiedSince: "Tue, 24 Nov 2026 12:00:00 GMT",
      ifUnmodifiedSince: "Wed, 25 Nov 2026 12:00:00 GMT",
    });
    expect(last()).toMatchObject({
      range: "bytes=1-2",
      "if-range": '"v1"',
      "if-match": '"v1"',
      "if-none-match": '"v0"',
      "if-modified-since": "Tue, 24 Nov 2026 12:00:00 GMT",
      "if-unmodified-since": "Wed, 25 Nov 2026 12:00:00 GMT",
    });
    await bob.access.read(...ME, "a", { ifRange: '"v1"' });
    expect(last()).not.toHaveProperty("if-range");
    peer.instead = answering(412);
    await expect(bob.access.read(...ME, "a", { ifMatch: '"x"' })).rejects.toMatchObject({
      code: "precondition-failed",
      status: 412,
    });
    expect(peer.seen).toEqual(["GET a", "GET a", "GET a"]);
  });

  it("is read in several ranges as the owner's server sends them", async () => {
    const type = 'multipart/byteranges; boundary="x y"';
    peer.instead = answering(206, { "content-type": type, "content-length": 5 }, "--x y");
    const file = await bob.access.read(...ME, "a", { range: "bytes=0-1,3-4" });
    expect(file).toMatchObject({ status: 206, headers: { "content-type": type, "content-length": "5" } });
    expect(file.headers).not.toHaveProperty("content-range");
    expect(await text(file.body)).toBe("--x y");
    expect(last().range).toBe("bytes=0-1,3-4");
  });

  it("is asked for without its bytes by HEAD, which has no ranges", async () => {
    const file = await bob.access.read(...ME, "a", { head: true, range: "bytes=0-1", ifRange: '"v1"' });
    expect(file).toMatchObject({ status: 200, headers: { etag: '"v1"', "content-length": "7" } });
    expect(await buffer(file.body)).toHaveLength(0);
    expect(peer.seen).toEqual(["HEAD a"]);
    expect(last()).not.toHaveProperty("range");
    expect(last()).not.toHaveProperty("if-range");
    await expect(bob.access.read(...ME, "none", { head: true })).rejects.toMatchObject({ code: "resource-missing" });
  });

  it("is sent with the time of its last change, and removed only as the caller knows it", async () => {
    await bob.access.write(...ME, "a", content(), { size: 3, modifiedAt: 1_795_000_000_999 });
    expect(last()["x-oc-mtime"]).toBe("1795000000");
    await bob.access.write(...ME, "a", content(), { size: 3 });
    expect(last()).not.toHaveProperty("x-oc-mtime");
    await bob.access.remove(...ME, "a", { ifMatch: '"v1"' });
    expect(last()["if-match"]).toBe('"v1"');
  });

  it("is moved and copied by the owner's server, over another one only where that is wanted", async () => {
    peer.tree.set("b", { content: Buffer.from("other"), etag: '"b"' });
    for (const method of ["move", "copy"] as const) {
      await expect(bob.access[method](...ME, "a", "b", {})).rejects.toMatchObject({ code: "precondition-failed" });
      expect(last()).toMatchObject({ overwrite: "F", destination: `${peer.origin}/ocm/dav/share-1/b` });
    }
    expect(await bob.access.copy(...ME, "a", "c d", {})).toEqual({ created: true });
    expect(await bob.access.copy(...ME, "a", "b", { overwrite: true })).toEqual({ created: false });
    expect(last().overwrite).toBe("T");
    expect(await bob.access.move(...ME, "a", "b", { overwrite: true })).toEqual({ created: false });
    expect(await bob.access.move(...ME, "b", "e", {})).toEqual({ created: true });
    expect([...peer.tree.keys()].sort()).toEqual(["", "c d", "e"]);
    await expect(bob.access.copy(...ME, "", "x", {})).rejects.toMatchObject({ code: "forbidden" });
    await expect(bob.access.copy(...ME, "e", "../x", {})).rejects.toMatchObject({ code: "path-invalid" });
    expect(peer.seen.filter((each) => !/^(MOVE|COPY)/.test(each))).toEqual([]);
  });

  it("or a folder that could be dealt with in part only is a failure, with the reason of a part", async () => {
    const part = (status: number) =>
      `<multistatus xmlns="DAV:"><response><href>/x</href><status>HTTP/1.1 ${status} No</status></response></multistatus>`;
    peer.instead = answering(207, { "content-type": "application/xml" }, part(423));
    await expect(bob.access.remove(...ME, "a", {})).rejects.toMatchObject({ code: "locked", status: 423 });
    peer.instead = answering(207, { "content-type": "application/xml" }, part(507));
    await expect(bob.access.copy(...ME, "a", "b", {})).rejects.toMatchObject({ code: "no-space", status: 507 });
    peer.instead = answering(207, {}, "");
    await expect(bob.access.move(...ME, "a", "b", {})).rejects.toMatchObject({ code: "peer-refused" });
  });

  it.each([
    [507, "no-space"],
    [413, "too-large"],
    [423, "locked"],
    [403, "forbidden"],
    [409, "conflict"],
    [412, "precondition-failed"],
  ])("that the owner refuses with %i fails with the same status and the owner's text", async (status, code) => {
    const body = `<d:error xmlns:d="DAV:" xmlns:s="s"><s:message>No\u0007 &lt;b&gt;${"x".repeat(1_000)}</s:message></d:error>`;
    peer.instead = answering(status, { "content-type": "application/xml" }, body);
    const attempts = [
      () => bob.access.write(...ME, "a", content(), { size: 3 }),
      () => bob.access.mkdir(...ME, "b", {}),
      () => bob.access.move(...ME, "a", "b", {}),
      () => bob.access.copy(...ME, "a", "b", {}),
      () => bob.access.remove(...ME, "a", {}),
    ];
    for (const attempt of attempts) {
      const before = peer.seen.length;
      const error: { message: string } = await attempt().then(Promise.reject, (reason) => reason);
      expect(error).toMatchObject({ code, status, peerStatus: status });
      expect(error.message).toContain("It says: No <b>xxx");
      expect(error.message.length).toBeLessThan(400);
      expect(peer.seen.length - before).toBe(1);
    }
  });

  it("whose answer was lost may be sent again with the same If-Match: where it had arrived, that is told by 412", async () => {
    const conditions = { size: 3, ifMatch: '"v1"' };
    peer.instead = (request) => {
      // It is written, and then the connection breaks before the answer.
      void buffer(request).then((arrived) => {
        peer.tree.set("a", { content: arrived, etag: '"v2"' });
        request.socket.destroy();
      });
      return true;
    };
    await expect(bob.access.write(...ME, "a", content("one"), conditions)).rejects.toMatchObject({
      code: "peer-unreachable",
    });
    await wait(50);
    // Nothing is repeated by itself.
    expect(peer.seen).toEqual(["PUT a"]);
    peer.instead = () => false;
    await expect(bob.access.write(...ME, "a", content("one"), conditions)).rejects.toMatchObject({
      code: "precondition-failed",
    });
    expect(peer.tree.get("a")?.content?.toString()).toBe("one");
    // Where it had not arrived, it does now.
    peer.tree.set("a", { content: Buffer.from("old"), etag: '"v1"' });
    expect(await bob.access.write(...ME, "a", content("two"), conditions)).toMatchObject({ created: false });
    expect(peer.tree.get("a")?.content?.toString()).toBe("two");
  });

  it("is sent as fast as the owner's server takes it, and no faster", async () => {
    await bob.access.stat(...ME, "a", {});
    let resume = () => {};
    const held = new Promise<void>((resolve) => {
      peer.instead = (request, response) => {
        resume = () => {
          request.resume().on("end", () => response.writeHead(204).end());
        };
        resolve();
        return true;
      };
    });
    const [chunk, count] = [65_536, 1_024];
    let made = 0;
    const source = Readable.from(
      (function* () {
        for (; made < count; made += 1) yield Buffer.alloc(chunk);
      })(),
      { objectMode: false, highWaterMark: chunk },
    );
    const written = bob.access.write(...ME, "a", source, { size: chunk * count });
    await held;
    await wait(300);
    const soon = made;
    await wait(300);
    expect(made).toBe(soon);
    expect(made).toBeLessThan(count / 4);
    resume();
    await written;
    expect(made).toBe(count);
  });

  it("is read as fast as it is wanted, and the connection is let go of when it is wanted no more", async () => {
    let sent = 0;
    let closed = false;
    peer.instead = (_request, response) => {
      const source = Readable.from(
        (function* () {
          for (;;) {
            sent += 1;
            yield Buffer.alloc(65_536);
          }
        })(),
      );
      response.writeHead(200).on("close", () => (closed = true));
      source.on("error", () => {}).pipe(response);
      return true;
    };
    const file = await bob.access.read(...ME, "a", {});
    await wait(300);
    const soon = sent;
    await wait(200);
    expect(sent).toBe(soon);
    file.body.on("error", () => {}).destroy();
    await expect.poll(() => closed).toBe(true);
  });
});
