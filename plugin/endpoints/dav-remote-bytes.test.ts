import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ShareServer } from "../access/share-server.test-helper.ts";
import { eventually, hrefs, methods, type World, worldWithAlice } from "./dav-remote.test-helper.ts";

let world: World;
let alice: ShareServer;

beforeEach(async () => {
  ({ world, alice } = await worldWithAlice());
});
afterEach(() => world.close());

const propfind = (path: string, depth?: string) => world.propfind(path, depth);

describe("bytes that pass through", () => {
  beforeEach(() => void world.share(alice));

  it("go to the owner as they arrive, and a refusal comes back in the middle of the upload", async () => {
    let arrived = 0;
    let full = false;
    alice.fault = (request, response) => {
      if (request.method !== "PUT") return false;
      request.on("data", (chunk: Buffer) => {
        arrived += chunk.length;
        if (arrived >= 300_000 && !full) {
          full = true;
          response.writeHead(507, { "content-type": "text/plain" }).end("No space left.");
        }
      });
      return true;
    };
    const { hostname, port } = new URL(world.origin);
    const headers = { authorization: await world.password(), "transfer-encoding": "chunked" };
    const upload = httpRequest({ hostname, port, method: "PUT", path: "/ocm/dav/remote/Documents/big", headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upload.on("response", resolve);
      upload.on("error", reject);
    });
    upload.write(Buffer.alloc(100_000));
    await eventually(() => arrived === 100_000);
    upload.write(Buffer.alloc(30_000_000));
    const answer = await answered;
    expect(answer.statusCode).toBe(507);
    expect(Buffer.concat(await answer.toArray()).toString()).toContain("No space left.");
    upload.destroy();
  });

  it("are refused as the owner's trouble where its server hangs up in the middle", async () => {
    alice.fault = (request) => {
      if (request.method !== "PUT") return false;
      request.once("data", () => request.socket.destroy());
      return true;
    };
    const refused = await world.ask("PUT", "/Documents/big", { body: Buffer.alloc(3_000_000) });
    expect(refused.status).toBe(502);
    expect(refused.text).toContain("peer-unreachable");
  });

  it("have the checksum that was announced, or leave the owner's file as it was", async () => {
    const file = join(alice.home, "docs", "checked");
    await writeFile(file, "old");
    const put = async (content: string, headers: Record<string, string>) =>
      fetch(`${world.origin}/ocm/dav/remote/Documents/checked`, {
        method: "PUT",
        headers: { authorization: await world.password(), ...headers },
        body: content,
      });
    const sha1 = (content: string) => `SHA1:${createHash("sha1").update(content).digest("hex")}`;
    for (const content of ["new", "x".repeat(300_000)]) {
      expect((await put(content, { "oc-checksum": sha1("other") })).status).toBe(400);
      expect(await readFile(file, "utf8")).toBe("old");
    }
    expect((await put("new", { "oc-checksum": "CRC:1" })).status).toBe(400);
    for (const content of ["new", "y".repeat(300_000)]) {
      const answer = await put(content, { "oc-checksum": sha1(content), "x-oc-mtime": "1700000000" });
      expect(answer.status).toBe(204);
      expect(await readFile(file, "utf8")).toBe(content);
    }
  });

  it("are not taken for a whole file when the upload was cut off", async () => {
    const { hostname, port } = new URL(world.origin);
    const headers = { authorization: await world.password(), "content-length": "1000000" };
    const upload = httpRequest({ hostname, port, method: "PUT", path: "/ocm/dav/remote/Documents/a.txt", headers });
    upload.on("error", () => {});
    upload.write(Buffer.alloc(200_000));
    await eventually(() => methods(alice).includes("PUT"));
    await wait(50);
    upload.destroy();
    await wait(200);
    expect(await readFile(join(alice.home, "docs", "a.txt"), "utf8")).toBe("hello world");
  });

  /** Sends zeros without end to whoever downloads, and counts them. */
  function endless(): { sent: number; closed: boolean } {
    const state = { sent: 0, closed: false };
    alice.fault = (request, response) => {
      if (request.method !== "GET") return false;
      response.writeHead(200, { "content-type": "application/octet-stream" });
      const more = () => {
        while (!state.closed) {
          state.sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return void response.once("drain", more);
        }
      };
      response.on("close", () => {
        state.closed = true;
      });
      more();
      return true;
    };
    return state;
  }

  function download(authorization: string) {
    const { hostname, port } = new URL(world.origin);
    const path = "/ocm/dav/remote/Documents/big";
    const request = httpRequest({ hostname, port, method: "GET", path, headers: { authorization }, agent: false });
    request.on("error", () => {});
    return request;
  }

  it("come no faster than the client takes them, and no longer than it is there", async () => {
    const state = endless();
    const request = download(await world.password());
    request.on("response", (response) => void response.on("error", () => {}).pause());
    request.end();
    await eventually(() => state.sent > 0);
    await wait(500);
    const { sent } = state;
    await wait(300);
    expect(state.sent).toBe(sent);
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    expect(state.closed).toBe(false);
    request.destroy();
    await eventually(() => state.closed);
  });

  it.each([
    ["with the password", () => world.revokeAll()],
    [
      "when the share expires",
      async () => {
        for (const [id, share] of world.shares) world.shares.set(id, { ...share, expiresAt: world.clock.at + 1_000 });
        world.clock.at += 2_000;
      },
    ],
  ])("end %s, while they flow", async (_when, end) => {
    const state = endless();
    const request = download(await world.password());
    let cut = false;
    request.on("response", (response) => {
      response.on("error", () => {
        cut = true;
      });
      response.resume();
    });
    request.end();
    await eventually(() => state.sent > 0);
    await end();
    await eventually(() => cut && state.closed);
  });
});

describe("an owner's server that is down or slow", () => {
  it("holds up neither the top nor other shares", async () => {
    world.share(alice);
    const slow = await world.owner();
    slow.fault = () => true;
    world.share(slow, { name: "Slow" });
    const dead = await world.owner();
    world.share(dead, { name: "Dead" });
    await dead.close();
    const waiting = propfind("/Slow/").catch(() => undefined);
    const begun = performance.now();
    expect(hrefs((await propfind("/")).text)).toHaveLength(4);
    expect((await world.ask("GET", "/Documents/a.txt")).text).toBe("hello world");
    expect(performance.now() - begun).toBeLessThan(1000);
    const refused = await propfind("/Dead/");
    expect(refused.status).toBe(502);
    expect(refused.text).toContain("peer-unreachable");
    void waiting;
  });

  it("is shown as it was the last time, with the age of that", async () => {
    world.share(alice);
    expect((await propfind("/Documents/")).headers.age).toBeUndefined();
    alice.fault = (_request, response) => {
      response.destroy();
      return true;
    };
    world.clock.at += 600_000;
    const stale = await propfind("/Documents/");
    expect(stale.status).toBe(207);
    expect(hrefs(stale.text)).toContain("/ocm/dav/remote/Documents/a.txt");
    expect(Number(stale.headers.age)).toBeGreaterThanOrEqual(600);
  });

  it("is not what a condition is weighed by", async () => {
    world.share(alice);
    const { text } = await propfind("/Documents/a.txt", "0");
    const etag = /<d:getetag>([^<]*)</.exec(text)?.[1]?.replaceAll("&quot;", '"') ?? "";
    expect(etag).toMatch(/^".+"$/);
    await writeFile(join(alice.home, "docs", "a.txt"), "the work of somebody else");
    alice.fault = (request, response) => {
      if (request.method !== "PROPFIND") return false;
      response.writeHead(503).end();
      return true;
    };
    world.clock.at += 10_000;
    const headers = { destination: `${world.url}/Documents/b.txt`, "if-match": etag };
    expect((await world.ask("MOVE", "/Documents/a.txt", { headers })).status).toBe(502);
    expect(alice.seen.map(({ method }) => method)).not.toContain("MOVE");
  });
});
