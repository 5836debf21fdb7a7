import { mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPeerBook } from "../../testbed/docker/peers/book.ts";
import { peersClient } from "../../testbed/docker/peers/client.ts";
import { peersControl } from "../../testbed/docker/peers/control.ts";
import { closeServers, listen, type WebServer } from "../../testbed/server/listen.ts";
import { peersInDocker } from "./docker-peers.ts";

// The container's two ports on loopback; their names are in the header Host, as the containers' network has it.

const servers: WebServer[] = [];
let port = 0;
let control = 0;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-docker-peers-"));
  const book = createPeerBook();
  const answers = await listen(0, book.listener, { host: "127.0.0.1" });
  const orders = await listen(0, peersControl(book, "a token"), { host: "127.0.0.1" });
  servers.push(...answers.servers, ...orders.servers);
  port = answers.port;
  control = orders.port;
});
afterAll(async () => {
  await closeServers(servers);
  await rm(folder, { recursive: true, force: true });
});

function ask(host: string, method: string, path: string, body = ""): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, method, path, headers: { host } }, async (answer) => {
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) text += chunk;
      resolve({ status: answer.statusCode ?? 0, text });
    });
    asking.once("error", reject).end(body);
  });
}

describe("the peers of load tests in Docker", () => {
  const ground = () => peersInDocker(peersClient(control, "a token"), join(folder, "keys.json"));

  it("publish keys of their own at their names, over https, and keep what they are sent for the next script", async () => {
    const { all } = await ground().start(8);
    expect(all.map(({ identity }) => identity.host)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `peer-${n}.test`));
    const [, second] = all;
    const discovery = JSON.parse((await ask("peer-2.test", "GET", "/.well-known/ocm")).text);
    expect(discovery).toMatchObject({
      endPoint: "https://peer-2.test/ocm",
      jwksUri: "https://peer-2.test/ocm/jwks.json",
    });
    const { keys } = JSON.parse((await ask("peer-2.test", "GET", "/ocm/jwks.json")).text);
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual([second?.identity.keyid, second?.world.keyid]);

    const webdav = { sharedSecret: "secret", uri: "it" };
    const share = { shareWith: "bob@peer-2.test", providerId: "7", protocol: { webdav } };
    expect((await ask("peer-2.test", "POST", "/ocm/shares", JSON.stringify(share))).status).toBe(201);
    expect(await second?.share("bob")).toEqual({ providerId: "7", ...webdav });
    expect(await all[0]?.share("bob")).toBeNull();
  });

  it("are the same servers in the next script, with the same keys, and are still there between the two", async () => {
    const first = await ground().start(2);
    await first.close();
    expect((await ask("peer-2.test", "GET", "/ocm/jwks.json")).text).toContain(first.all[1]?.identity.keyid);
    const second = await ground().start(8);
    expect(second.all.slice(0, 2).map(({ identity }) => identity)).toEqual(first.all.map(({ identity }) => identity));
    expect((await stat(join(folder, "keys.json"))).mode & 0o777).toBe(0o600);
  });

  it("are twenty dead servers at other ports", async () => {
    const { hosts } = await ground().startDead(20);
    expect(new Set(hosts).size).toBe(20);
    expect(hosts.filter((host) => host.endsWith(".test:444"))).toHaveLength(10);
    expect(hosts.filter((host) => host.endsWith(".test:445"))).toHaveLength(10);
  });
});
