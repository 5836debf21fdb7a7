import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestbedApp, type TestbedApp } from "./app.ts";
import { closeServers, listen, PortTaken } from "./listen.ts";

const PASSWORD = "quiet-otter-1234";

let folder: string;
let servers: Server[];
let origin: string;
let app: TestbedApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-server-"));
  const ready = Promise.withResolvers<RequestListener>();
  const listening = await listen(0, async (...exchange) => (await ready.promise)(...exchange));
  servers = listening.servers;
  origin = `http://localhost:${listening.port}`;
  app = await createTestbedApp(
    {
      name: "alpha",
      port: listening.port,
      dataDir: folder,
      users: [
        { id: "alice", displayName: "Alice <b>", password: PASSWORD },
        { id: "anna", displayName: "Anna", password: PASSWORD, secondFactor: true },
      ],
      peers: {},
      drainMs: 0,
      log: "file",
    },
    origin,
  );
  ready.resolve(app.listener);
});

afterAll(async () => {
  await closeServers(servers, 0);
  await app.close();
  await rm(folder, { recursive: true });
});

const basic = (id = "alice", password = PASSWORD) => ({
  authorization: `Basic ${Buffer.from(`${id}:${password}`).toString("base64")}`,
});
const send = (path: string, init: RequestInit = {}) => fetch(`${origin}${path}`, { redirect: "manual", ...init });

async function logIn(id = "alice", password = PASSWORD, headers: Record<string, string> = {}, returnTo = "/") {
  return await send("/login", {
    method: "POST",
    headers,
    body: new URLSearchParams({ username: id, password, return_to: returnTo }),
  });
}

async function session() {
  const cookie = (await logIn()).headers.get("set-cookie")?.split(";")[0] ?? "";
  const home = await (await send("/", { headers: { cookie } })).text();
  const csrf = /name="_csrf" value="([^"]+)"/.exec(home)?.[1] ?? "";
  return { cookie, csrf, home };
}

describe("passwords", () => {
  it("are kept as bcrypt hashes, in a file that others cannot read", async () => {
    const file = join(folder, "users.json");
    const text = await readFile(file, "utf8");
    expect(text).not.toContain(PASSWORD);
    expect(JSON.parse(text)[0].passwordHash).toMatch(/^\$2b\$08\$/);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it("are checked with Basic, again and again", async () => {
    for (let i = 0; i < 3; i += 1) {
      expect((await send("/files/", { headers: basic() })).status).toBe(200);
      expect((await send("/files/", { headers: basic("alice", "wrong-otter-1234") })).status).toBe(401);
      expect((await send("/files/", { headers: basic("anna", PASSWORD) })).status).toBe(200);
    }
    expect((await send("/files/", { headers: basic("nobody") })).status).toBe(401);
    expect((await send("/files/", { headers: basic("alice", `${PASSWORD}${"x".repeat(100)}`) })).status).toBe(401);
    const anonymous = await send("/files/");
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="testbed", charset="UTF-8"',
    ]);
  });
});

describe("the login", () => {
  it("gives a cookie that scripts cannot read, named after the server", async () => {
    const answer = await logIn();
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    expect(answer.headers.get("set-cookie")).toMatch(/^session-alpha=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; /);
  });

  it("says that the name or the password is wrong, and gives no cookie", async () => {
    const answer = await logIn("alice", "wrong-otter-1234");
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null]);
    expect(await answer.text()).toContain('<p role="alert">The user name or the password is wrong.</p>');
  });

  it("is refused when another server's page sends it", async () => {
    expect((await logIn("alice", PASSWORD, { origin: "http://localhost:1" })).status).toBe(403);
    expect((await logIn("alice", PASSWORD, { "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await logIn("alice", PASSWORD, { origin, "sec-fetch-site": "same-origin" })).status).toBe(303);
  });

  it("returns to paths of this server only", async () => {
    const to = async (path: string) => (await logIn("alice", PASSWORD, {}, path)).headers.get("location");
    expect(await to("/ocm/accept?token=1")).toBe("/ocm/accept?token=1");
    for (const path of ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", "/\r\nX: y", ""]) {
      expect(await to(path)).toBe("/");
    }
  });
});

describe("a session", () => {
  it("shows the home page with names escaped, and nothing without a session", async () => {
    const { home } = await session();
    expect(home).toContain("Files of Alice &lt;b&gt;");
    const anonymous = await send("/");
    expect([anonymous.status, anonymous.headers.get("location")]).toEqual([302, "/login"]);
  });

  it("needs its own token for whatever changes something", async () => {
    const { cookie, csrf } = await session();
    const other = await session();
    const put = (headers: Record<string, string>) =>
      send("/files/by-cookie.txt", { method: "PUT", headers: { cookie, ...headers }, body: "x" });
    expect((await put({})).status).toBe(403);
    expect((await put({ "x-csrf-token": other.csrf })).status).toBe(403);
    expect((await put({ "x-csrf-token": csrf })).status).toBe(201);
    const logout = (token: string) =>
      send("/logout", { method: "POST", headers: { cookie }, body: new URLSearchParams({ _csrf: token }) });
    expect((await logout("wrong")).status).toBe(403);
    expect((await send("/files/", { headers: { cookie } })).status).toBe(200);
    expect((await logout(csrf)).status).toBe(303);
    expect((await send("/files/", { headers: { cookie } })).status).toBe(401);
  });

  it("is not needed with Basic, unless another server's page makes the browser send it", async () => {
    const put = (headers: Record<string, string>) =>
      send("/files/by-basic.txt", { method: "PUT", headers: { ...basic(), ...headers }, body: "x" });
    expect((await put({})).status).toBe(201);
    expect((await put({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await put({ origin: "http://localhost:1" })).status).toBe(403);
  });
});

describe("own files", () => {
  it("are put, listed, read and deleted under any name", async () => {
    const path = ["folder #1", "100% caf\u00e9?.txt"].map(encodeURIComponent).join("/");
    const put = () => send(`/files/${path}`, { method: "PUT", headers: basic(), body: "content" });
    expect((await put()).status).toBe(201);
    expect((await put()).status).toBe(200);
    expect(await readdir(join(folder, "files/alice/folder #1"))).toEqual(["100% caf\u00e9?.txt"]);
    const list = await (await send("/files/folder%20%231/", { headers: basic() })).json();
    expect(list).toMatchObject({ items: [{ name: "100% caf\u00e9?.txt", type: "file", size: 7 }] });
    const got = await send(`/files/${path}`, { headers: basic() });
    expect([got.headers.get("content-length"), got.headers.get("content-security-policy"), await got.text()]).toEqual([
      "7",
      "sandbox",
      "content",
    ]);
    const head = await send(`/files/${path}`, { method: "HEAD", headers: basic() });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "7"]);
    expect((await send("/files/folder%20%231", { method: "DELETE", headers: basic() })).status).toBe(204);
    expect((await send(`/files/${path}`, { headers: basic() })).status).toBe(404);
  });

  it("are each person's own", async () => {
    await send("/files/private.txt", { method: "PUT", headers: basic(), body: "x" });
    expect((await send("/files/private.txt", { headers: basic("anna") })).status).toBe(404);
  });

  it.each(["/files/..%2fanna", "/files/a%2fb", "/files/%00", "/files/%ff"])("refuses %s", async (path) => {
    expect((await send(path, { headers: basic() })).status).toBe(path === "/files/%00" ? 404 : 400);
    expect((await send(path, { method: "PUT", headers: basic(), body: "x" })).status).toBe(400);
  });
});

describe("listening", () => {
  it("answers on every loopback address with the same port", async () => {
    expect((await send("/healthz")).status).toBe(200);
    expect((await fetch(`${origin.replace("localhost", "127.0.0.1")}/healthz`)).status).toBe(200);
    if (servers.length === 2) {
      expect((await fetch(`${origin.replace("localhost", "[::1]")}/healthz`)).status).toBe(200);
    }
  });

  it("names a port that is taken on any of them, and keeps none", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, servers.length === 2 ? "::1" : "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const attempt = listen(port, () => {});
    await expect(attempt).rejects.toBeInstanceOf(PortTaken);
    await expect(attempt).rejects.toThrow(`Port ${port} is taken.`);
    await new Promise((resolve) => other.close(resolve));
    const { servers: now } = await listen(port, () => {});
    await closeServers(now);
  });
});
