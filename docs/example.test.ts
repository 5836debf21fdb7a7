import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const data = mkdtempSync(join(tmpdir(), "koa-ocm-example-"));
let child: ChildProcess;
let origin = "";

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function get(path: string, authorization = ""): Promise<Response> {
  return fetch(origin + path, { headers: authorization === "" ? {} : { authorization } });
}

beforeAll(async () => {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const env = { ...process.env, PORT: String(port), DATA: data };
  child = spawn(process.execPath, [join(import.meta.dirname, "example.ts")], { env, stdio: "ignore" });
  for (let tries = 0; tries < 100; tries++) {
    const answer = await get("/.well-known/ocm").catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The example does not start.");
}, 20_000);

afterAll(async () => {
  child.kill("SIGTERM");
  await once(child, "exit");
  rmSync(data, { recursive: true, force: true });
});

it("serves discovery at its origin", async () => {
  const document = await (await get("/.well-known/ocm")).json();
  expect(document).toMatchObject({ enabled: true, endPoint: `${origin}/ocm` });
});

it("knows its people by their passwords", async () => {
  const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString("base64")}`;
  expect((await get("/ocm/api/v1/me")).status).toBe(401);
  expect((await get("/ocm/api/v1/me", basic("alice:wrong"))).status).toBe(401);
  const me = await get("/ocm/api/v1/me", basic("alice:change-me-1"));
  expect(await me.json()).toMatchObject({ id: "alice", address: `alice@${new URL(origin).host}` });
});

it("shares what lies in a person's folder", async () => {
  writeFileSync(join(data, "alice", "hello.txt"), "hello");
  const answer = await fetch(`${origin}/ocm/api/v1/shares/sent`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from("alice:change-me-1").toString("base64")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ path: "/hello.txt", shareWith: "somebody@cloud.invalid" }),
  });
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ status: "announcing", name: "hello.txt", resourceType: "file" });
});
