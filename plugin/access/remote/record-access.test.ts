import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outgoingShare, type ShareServer, startShareServer } from "../share-server.test-helper.ts";
import { type Receiver, receiver } from "./peer-client.test-helper.ts";

const ME = ["bob", "received-1"] as const;

describe("what a use of a received share showed", () => {
  let server: ShareServer;
  let bob: Receiver;

  beforeEach(async () => {
    server = await startShareServer(outgoingShare({ resourceType: "file", path: "/docs/file" }));
    await writeFile(`${server.home}/docs/file`, "content");
    bob = receiver(server, { resourceType: "file" });
  });
  afterEach(async () => {
    await bob.close();
    await server.close();
  });

  const stat = () => bob.access.stat(...ME, "", {});
  const failing = () =>
    stat().then(
      ({ stale }) => stale?.reason.code,
      (error) => error.code,
    );

  it("is written once, and again only when something has changed and a minute is over", async () => {
    await stat();
    expect(bob.record).toMatchObject({ access: "ok", lastKnown: { size: 7, at: expect.any(Number) }, version: 1 });
    expect(Object.keys(bob.record.lastKnown ?? {}).sort()).toEqual(["at", "modifiedAt", "size"]);
    await stat();
    await writeFile(`${server.home}/docs/file`, "longer content");
    await stat();
    bob.later = 59_000;
    await stat();
    expect(bob.writes).toBe(1);
    bob.later = 61_000;
    await stat();
    await stat();
    expect(bob.writes).toBe(2);
    expect(bob.record.lastKnown?.size).toBe(14);
    bob.later = 200_000;
    await stat();
    expect(bob.writes).toBe(2);
  });

  it("is a refusal with its evidence when the resource is closed or gone, and never ends the share", async () => {
    await stat();
    for (const status of [401, 403, 404, 410]) {
      server.fault = (request, response) => {
        if (request.method === "PROPFIND") response.writeHead(status).end();
        return request.method === "PROPFIND";
      };
      await failing();
      expect(bob.record).toMatchObject({ status: "accepted", access: "refused", accessEvidence: { status } });
      const { writes } = bob;
      await failing();
      expect(bob.writes).toBe(writes);
    }
    server.fault = () => false;
    await stat();
    expect(bob.record).toMatchObject({ access: "ok", accessEvidence: null });
  });

  it("is nothing when the server is in trouble, in maintenance or unreachable", async () => {
    await stat();
    for (const status of [500, 502, 503]) {
      server.fault = (_request, response) => void response.writeHead(status).end() === undefined;
      expect(await failing()).toMatch(/peer-/);
    }
    server.fault = (request) => void request.socket.destroy() === undefined;
    expect(await failing()).toBe("peer-unreachable");
    expect(bob.record).toMatchObject({ access: "ok", version: 1 });
  });

  it("is nothing when only a path in the share is missing", async () => {
    server.shares.set("share-1", outgoingShare());
    bob.record = { ...bob.record, resourceType: "folder" };
    await expect(bob.access.stat(...ME, "none", {})).rejects.toMatchObject({ code: "resource-missing" });
    expect(bob.record.access).toBe("unknown");
  });

  it("gives way to another writer, and is added to what that one wrote", async () => {
    let once = true;
    bob.beforeWrite = () => {
      if (once) bob.record = { ...bob.record, name: "Renamed", version: bob.record.version + 1 };
      once = false;
    };
    await stat();
    expect(bob.record).toMatchObject({ name: "Renamed", access: "ok", version: 2 });
  });

  it("gives up after a few tries, and fails no request", async () => {
    let tries = 0;
    bob.beforeWrite = () => {
      tries += 1;
      bob.record = { ...bob.record, version: bob.record.version + 1 };
    };
    await stat();
    expect(tries).toBe(3);
    bob.beforeWrite = () => {
      throw new Error("disk full");
    };
    await stat();
    expect(bob.logged.join()).toContain("could not be noted");
  });
});
