import { mkdtemp, readdir, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestbedApp, type TestbedApp } from "./app.ts";
import { closeServers, listen, type WebServer } from "./listen.ts";
import { openUsers } from "./users.ts";

const PASSWORD = "quiet-otter-1234";

let folder: string;
let servers: WebServer[];
let app: TestbedApp;
let at: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-readiness-"));
  const { promise: listener, resolve: open } = Promise.withResolvers<RequestListener>();
  const listening = await listen(0, async (...exchange) => (await listener)(...exchange));
  servers = listening.servers;
  at = `http://localhost:${listening.port}`;
  const users = [{ id: "alice", displayName: "Alice", password: PASSWORD }];
  const config = {
    name: "alpha",
    port: listening.port,
    dataDir: folder,
    users,
    peers: {},
    drainMs: 0,
    log: "file",
  } as const;
  app = await createTestbedApp({ ...config, users }, "https://alpha.test");
  open(app.listener);
});

afterEach(async () => {
  await closeServers(servers, 0);
  await app.close();
  await rm(folder, { recursive: true });
});

const status = async (path: string) => (await fetch(`${at}${path}`)).status;

describe("A server behind a balancer", () => {
  it("is ready as long as its store answers, and alive also when that does not", async () => {
    expect([await status("/readyz"), await status("/healthz")]).toEqual([200, 200]);
    await app.close();
    const answer = await fetch(`${at}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, "The store does not answer.\n"]);
    expect(await status("/healthz")).toBe(200);
  });

  it("says that it is about to end, and answers what still comes", async () => {
    app.drain();
    const answer = await fetch(`${at}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, "It is about to end.\n"]);
    expect(await status("/.well-known/ocm")).toBe(200);
  });

  it("gives cookies that go over TLS only, where its origin has TLS", async () => {
    const body = new URLSearchParams({ username: "alice", password: PASSWORD });
    const answer = await fetch(`${at}/login`, { method: "POST", body, redirect: "manual" });
    expect(answer.headers.get("set-cookie")).toMatch(/; SameSite=Lax; Secure; /);
  });

  it("can start beside others on the same folder at the same time", async () => {
    const file = join(folder, "people.json");
    const people = [{ id: "bob", displayName: "Bob", password: PASSWORD }];
    const all = await Promise.all(Array.from({ length: 8 }, () => openUsers(file, people)));
    for (const users of all) expect(await users.verify("bob", PASSWORD)).toMatchObject({ id: "bob" });
    expect(await (await openUsers(file, [])).verify("bob", PASSWORD)).toMatchObject({ id: "bob" });
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
