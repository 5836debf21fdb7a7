import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PeerProxy, startProxy } from "../../faults/proxy.ts";
import { Refused } from "../../http.ts";
import { closeServers, listen, type WebServer } from "../../server/listen.ts";
import { watchProxies } from "../watcher.ts";
import { type ProxyClient, proxyClient } from "./client.ts";
import { control, recorder } from "./control.ts";

const TOKEN = "the token of this test";

let proxy: PeerProxy;
let client: ProxyClient;
let controlPort: number;
let servers: WebServer[];

beforeEach(async () => {
  const behind = createServer((req, res) => {
    if (req.url === "/slow") return void setTimeout(() => res.end("late"), 300);
    return void req.pipe(res);
  });
  await new Promise<void>((resolve) => behind.listen(0, "127.0.0.1", resolve));
  const record = recorder();
  proxy = await startProxy({ name: "alpha", watch: record.watch });
  proxy.passTo({ host: "127.0.0.1", port: (behind.address() as AddressInfo).port });
  const listening = await listen(0, control(proxy, record, TOKEN));
  controlPort = listening.port;
  servers = [...listening.servers, behind];
  client = proxyClient(controlPort, TOKEN);
});

afterEach(async () => {
  await proxy.close();
  await closeServers(servers, 0);
});

const post = (path: string, body: string) =>
  fetch(`http://localhost:${proxy.port}${path}`, { method: "POST", body }).then(
    async (response) => `${response.status} ${await response.text()}`,
    () => "no answer",
  );

describe("The control port of a proxy", () => {
  it("is for whoever has the token, but for its health", async () => {
    const at = `http://127.0.0.1:${controlPort}`;
    expect((await fetch(`${at}/healthz`)).status).toBe(200);
    expect((await fetch(`${at}/messages`)).status).toBe(401);
    await expect(proxyClient(controlPort, "another token").news()).rejects.toThrow(Refused);
    expect((await fetch(`${at}/nothing`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(404);
  });

  it("tells what the proxy saw, bytes and all, once it is over, and forgets it when told to", async () => {
    await post("/ocm/shares", "a share ✓");
    const [message, ...others] = await client.news();
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      number: 1,
      to: "alpha",
      method: "POST",
      path: "/ocm/shares",
      status: 200,
      harm: null,
    });
    expect(message?.requestBody.toString("utf8")).toBe("a share ✓");
    expect(message?.responseBody.toString("utf8")).toBe("a share ✓");
    expect(await client.news()).toEqual([]);
    await client.clear();
    await post("/ocm/shares", "another");
    expect((await client.news()).map(({ number, requestBody }) => [number, String(requestBody)])).toEqual([
      [1, "another"],
    ]);
  });

  it("tells of a message that lasts when it begins, and again until it is over", async () => {
    const slow = fetch(`http://localhost:${proxy.port}/slow`);
    await expect.poll(async () => (await client.news()).map(({ ms }) => ms)).toEqual([null]);
    await post("/ocm/shares", "meanwhile");
    await (await slow).text();
    await expect.poll(async () => (await client.news()).filter(({ ms }) => ms !== null).length).toBe(2);
    expect(await client.news()).toEqual([]);
  });

  it("puts a fault from its seed between servers, and takes it away", async () => {
    await client.suffer({ seed: "3", faults: ["loss"] });
    const lost = [];
    for (let count = 0; count < 8; count += 1) lost.push(await post("/ocm/shares", "x"));
    expect(lost).toContain("no answer");
    expect(lost).toContain("200 x");
    await client.suffer({ seed: "3", faults: [] });
    for (let count = 0; count < 8; count += 1) expect(await post("/ocm/shares", "x")).toBe("200 x");
    await expect(client.suffer({ seed: "3", faults: ["nonsense" as "loss"] })).rejects.toThrow(/answered with 400/);
  });

  it("is watched: one list in the order of time, whose messages stay the same objects", async () => {
    const watcher = watchProxies([client]);
    await post("/ocm/shares", "one");
    await watcher.look();
    const [first] = watcher.messages;
    await post("/ocm/notifications", "two");
    await watcher.look();
    expect(watcher.messages.map(({ number, path }) => [number, path])).toEqual([
      [1, "/ocm/shares"],
      [2, "/ocm/notifications"],
    ]);
    expect(watcher.messages[0]).toBe(first);
    watcher.close();
  });
});
