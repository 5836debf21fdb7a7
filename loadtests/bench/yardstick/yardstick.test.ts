import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLoad } from "../generator/load.ts";
import { signingOf } from "../generator/signed-post.ts";
import { createIdentity } from "../identity.ts";
import { pathByName } from "../paths/all.ts";
import { onKoa } from "./on-koa.ts";
import { listenerOf } from "./serve.ts";

const SECRETS = ["one", "two"];
const peer = createIdentity("localhost:1");
const signing = signingOf(peer);

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocm-yardstick-"));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Sends some requests, each changed in some way, to the yardstick of a path. */
async function load(name: string, change = (request: string) => request, key = signing.key): Promise<number> {
  const path = pathByName(name);
  const { port } = server.address() as AddressInfo;
  const origin = `http://localhost:${port}`;
  server.on("request", listenerOf(path.yardstick({ origin, peer, folder }, SECRETS)));
  const requests = path.requests({ origin, signing: { ...signing, key } }, SECRETS);
  if (!("make" in requests)) throw new Error("These requests are not signed.");
  const made = await Promise.all(Array.from({ length: 40 }, () => requests.make()));
  const next = () => {
    const request = made.pop();
    return request && Buffer.from(change(request.toString()));
  };
  const { answers } = await runLoad({ port, connections: 4, seconds: 10, expected: path.expected, next });
  return answers;
}

describe.each(["share-intake", "token"])("the yardstick of %s", (name) => {
  it("answers requests that are signed as the plugin demands it", async () => {
    expect(await load(name)).toBe(40);
  });

  it("refuses another key", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    await expect(load(name, undefined, privateKey)).rejects.toThrow(/Answered with 40[01]/);
  });

  it.each([
    ["another body", (request: string) => request.replace(/.$/s, "~")],
    ["another target", (request: string) => request.replace(" HTTP/1.1", "?a HTTP/1.1")],
    ["another date", (request: string) => request.replace(/Date: .../, "Date: Xyz")],
    ["an old signature", (request: string) => request.replace(/created=\d+/, "created=1700000000")],
  ])("refuses %s", async (_, change) => {
    await expect(load(name, change)).rejects.toThrow(/Answered with 40[01]/);
  });
});

describe("the yardstick on Koa", () => {
  it("is answered past Koa, which has had the request before", async () => {
    let before: number | undefined;
    const listener = listenerOf(() => ({ status: 200, headers: { "content-length": 2 }, body: "{}" }));
    const seeing: RequestListener = (request, response) => {
      before = response.statusCode;
      listener(request, response);
    };
    server.on("request", onKoa(seeing));
    const answer = await fetch(`http://localhost:${(server.address() as AddressInfo).port}/`);
    expect([answer.status, await answer.text()]).toEqual([200, "{}"]);
    // Koa begins with 404, node:http with 200.
    expect(before).toBe(404);
  });
});
