import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderFiles } from "../../hosts/folder.ts";
import { testSystem } from "../../model/test-system.test-helper.ts";
import { type Receiver, receiver } from "../remote/peer-client.test-helper.ts";
import { type ShareServer, startShareServer } from "../share-server.test-helper.ts";
import { contents, memoryCopies, quiet, until } from "./copies.test-helper.ts";
import { type Copies, createCopies } from "./copies.ts";

let server: ShareServer;
let bob: Receiver;
let own: string;
let jobs: ReturnType<typeof memoryCopies>;
let copies: Copies;
let later = 0;

beforeEach(async () => {
  server = await startShareServer();
  bob = receiver(server);
  own = await mkdtemp(join(tmpdir(), "koa-ocm-copies-http-"));
  jobs = memoryCopies();
  later = 0;
  copies = createCopies({
    store: { copies: jobs, incoming: { get: async () => bob.record } },
    remote: bob.access,
    files: folderFiles(() => own),
    system: {
      now: () => Date.now() + later,
      sleep: (ms, signal) =>
        wait(Math.min(ms, 20), undefined, { ref: false, ...(signal ? { signal } : {}) }).catch(() => {}),
      soon: testSystem.soon,
      random: (_purpose, bytes) => randomBytes(bytes),
    },
    logger: quiet,
    worker: true,
  });
  copies.start();
});
afterEach(async () => {
  await copies.close();
  await bob.close();
  await server.close();
  await rm(own, { recursive: true, force: true });
});

async function fill(folder: string): Promise<void> {
  await mkdir(join(folder, "a & b/ü"), { recursive: true });
  await mkdir(join(folder, "empty"));
  await writeFile(join(folder, "a & b/ü/100%.txt"), "deep");
  await writeFile(join(folder, "none"), "");
  await writeFile(join(folder, "large"), randomBytes(6 * 2 ** 20));
}

async function run(direction: "from-share" | "to-share") {
  const localPath = direction === "from-share" ? "/copy" : "/mine";
  const remotePath = direction === "from-share" ? "theirs" : "copy";
  const { id } = await copies.api.start("bob", { share: bob.record.id, direction, remotePath, localPath }, {});
  await until(async () => {
    later += 10_000;
    bob.later = later;
    return (await copies.api.get("bob", id)).status !== "running";
  }, 20_000);
  return copies.api.get("bob", id);
}

describe("copies over HTTP", () => {
  it.each([false, true])("from a share are byte for byte, also when the connection breaks (%s)", async (breaks) => {
    await fill(join(server.home, "docs/theirs"));
    let broken = 0;
    server.fault = (request, response) => {
      if (!breaks || broken > 2 || request.method !== "GET" || !request.url?.endsWith("large")) return false;
      broken += 1;
      const timer = setInterval(() => {
        if (request.socket.bytesWritten < 2 ** 20) return;
        clearInterval(timer);
        request.socket.destroy();
      }, 1);
      response.once("close", () => clearInterval(timer));
      return false;
    };
    expect(await run("from-share")).toMatchObject({ status: "done", filesDone: 3 });
    expect(broken).toBe(breaks ? 3 : 0);
    expect(await contents(join(own, "copy"))).toEqual(await contents(join(server.home, "docs/theirs")));
    const asked = server.seen.filter(({ method }) => method === "PROPFIND").map(({ url }) => decodeURI(url));
    if (!breaks) expect(asked).toHaveLength(4);
  });

  it.each([false, true])("to a share are byte for byte, also when the connection breaks (%s)", async (breaks) => {
    await fill(join(own, "mine"));
    let broken = 0;
    server.fault = (request) => {
      if (!breaks || broken > 2 || request.method !== "PUT" || !request.url?.endsWith("large")) return false;
      broken += 1;
      let received = 0;
      request.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received > 2 ** 20) request.socket.destroy();
      });
      return false;
    };
    expect(await run("to-share")).toMatchObject({ status: "done", filesDone: 3, reason: null });
    expect(broken).toBe(breaks ? 3 : 0);
    const found = await contents(join(server.home, "docs/copy"));
    for (const path of found.keys()) if (path.includes(".upload-")) found.delete(path);
    expect(found).toEqual(await contents(join(own, "mine")));
    for (const { method, headers } of server.seen) if (method === "PUT") expect(headers["if-none-match"]).toBe("*");
  });

  it("to a server that cuts every upload off is given up after some tries, because the server is there", async () => {
    await fill(join(own, "mine"));
    let tries = 0;
    server.fault = (request, response) => {
      if (request.method !== "PUT" || !request.url?.endsWith("large")) return false;
      tries += 1;
      response.writeHead(507).end("No space.");
      request.socket.resetAndDestroy();
      return true;
    };
    expect(await run("to-share")).toMatchObject({
      status: "failed",
      reason: { code: expect.stringMatching(/^(peer-refused|no-space)$/) },
    });
    expect(tries).toBeLessThanOrEqual(5);
  });

  it("to a share that may only be read end with the owner's refusal", async () => {
    await fill(join(own, "mine"));
    for (const [id, share] of server.shares) server.shares.set(id, { ...share, permissions: ["read"] });
    expect(await run("to-share")).toMatchObject({ status: "failed", reason: { code: "forbidden", status: 403 } });
  });

  it("of what does not exist fail, and of a share that is revoked too", async () => {
    expect(await run("from-share")).toMatchObject({ status: "failed", reason: { code: "resource-missing" } });
    server.shares.clear();
    expect(await run("from-share")).toMatchObject({ status: "failed" });
  });
});
