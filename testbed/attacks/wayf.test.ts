import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FakePeer } from "../flows/fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import { type Answer, exchange } from "../flows/http.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";

const TOKEN = "token-of-nobody-at-all";
const WINDOW = 61_000;
const STRANGERS = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, known: false } };
const NOBODY = /No Open Cloud Mesh server answers at/;

describe.each(flowDatabases().slice(0, 1))("The page of an invite link, attacked,", (database) => {
  let world: Federation<"guarded" | "alpha">;
  let peer: FakePeer;
  let listener: Server;
  let port = 0;
  let connections = 0;

  beforeAll(async () => {
    world = await federation(database, { guarded: { ocm: { peers: {} } }, alpha: { ocm: { peers: STRANGERS } } });
    listener = createServer((socket) => {
      connections += 1;
      socket.on("error", () => {}).destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const address = listener.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(async () => {
    listener.close();
    await world.close();
  });
  beforeEach(async () => {
    world.clock.advance(WINDOW);
    peer = await world.fakePeer();
    peer.discovery.inviteAcceptDialog = "/accept";
  });

  function choose(server: string, at: "guarded" | "alpha" = "alpha", headers = {}): Promise<Answer> {
    return exchange({
      method: "POST",
      url: `${world.servers[at].origin}/ocm/wayf`,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams({ token: TOKEN, server }).toString(),
    });
  }

  it("connects to no private address, and says the same as where nothing is", async () => {
    const text = ({ text: page }: Answer, host: string) =>
      page.replaceAll(host, "HOST").replace(/<code>.*<\/code>/, "");
    const missing = await choose("nothing.invalid", "guarded");
    expect(missing).toMatchObject({ status: 502, text: expect.stringMatching(NOBODY) });
    for (const name of [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "2130706433",
      "169.254.169.254",
      "10.0.0.1",
    ]) {
      const answer = await choose(`${name}:${port}`, "guarded");
      expect(answer.status).toBe(502);
      const host = /answers at ([^<]+)\.</.exec(answer.text)?.[1] ?? "";
      const typed = /value="[^"]*"/g;
      expect(text(answer, host).replace(typed, "")).toBe(text(missing, "nothing.invalid").replace(typed, ""));
    }
    expect(connections).toBe(0);
  });

  it.each([
    "https://evil.example/accept",
    "//evil.example/accept",
    "http://localhost:1/accept",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://HOST@evil.example/",
    "http://user:pw@HOST/accept",
    "\\\\evil.example\\accept",
    { href: "/accept" },
    "",
  ])("does not lead to a dialog at %j, as it is not on the chosen server (G-59)", async (dialog) => {
    peer.discovery.inviteAcceptDialog = typeof dialog === "string" ? dialog.replace("HOST", peer.host) : dialog;
    const answer = await choose(peer.host);
    expect(answer.headers.location).toBeUndefined();
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining("Accept the invite by hand") });
    expect(answer.text).not.toContain("evil.example");
  });

  it.each([
    "/accept\r\nset-cookie: a=b",
    "/accept\n\n<script>",
    "/accept?x=\u0000",
    "/ac cept\u2028",
    "/%0d%0aset-cookie:%20a=b",
  ])("puts nothing into the header of its answer: a dialog at %j", async (dialog) => {
    peer.discovery.inviteAcceptDialog = dialog;
    const { status, headers } = await choose(peer.host);
    expect(status).toBe(303);
    expect(headers["set-cookie"]).toBeUndefined();
    expect(headers.location).toMatch(/^[\x21-\x7e]+$/);
    expect(new URL(headers.location ?? "").host).toBe(peer.host);
  });

  it("keeps its own parameters, whatever the dialog already has of them", async () => {
    peer.discovery.inviteAcceptDialog = "/accept?token=theirs&providerDomain=evil.example&token=again";
    const { searchParams } = new URL((await choose(peer.host)).headers.location ?? "");
    expect(searchParams.getAll("token")).toEqual([TOKEN]);
    expect(searchParams.getAll("providerDomain")).toEqual([world.servers.alpha.host]);
  });

  it("follows no redirect of discovery", async () => {
    peer.script = () => ({ status: 302, headers: { location: `http://localhost:${port}/` } });
    connections = 0;
    expect(await choose(peer.host)).toMatchObject({ status: 502, text: expect.stringMatching(NOBODY) });
    expect(connections).toBe(0);
  });

  it("reads no endless discovery to its end", async () => {
    let sent = 0;
    peer.script = () => ({
      headers: { "content-type": "application/json" },
      body: (async function* () {
        for (; sent < 64; sent += 1) yield Buffer.alloc(1024 * 1024, "[");
      })(),
    });
    expect(await choose(peer.host)).toMatchObject({ status: 502, text: expect.stringMatching(NOBODY) });
    expect(sent).toBeLessThan(64);
  });

  it("lets few visitors at once wait for servers that say nothing, and the others go on by hand", async () => {
    peer.script = () => new Promise(() => {});
    const all = ["a", "b", "c", "d", "e"].map((name) => choose(`${name}@${peer.host}`));
    const refused = await Promise.race(all);
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "5" } });
    expect(refused.text).toContain('<textarea id="invite"');
    await eventually("the question", async () => peer.received.length > 0 || undefined);
    world.clock.advance(10_000);
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([429, 502, 502, 502, 502]);
    world.clock.advance(WINDOW);
    peer.script = () => undefined;
    expect((await choose(peer.host)).status).toBe(303);
  });

  it("asks no more than thirty times in a minute for one address, of 1,000 questions", {
    timeout: 120_000,
  }, async () => {
    // What has failed is asked again after five seconds.
    peer.script = ({ path }) => (path === "/.well-known/ocm" ? { status: 404 } : undefined);
    const begun = world.clock.now();
    const statuses: number[] = [];
    let left = 1_000;
    const ask = async () => {
      for (; left > 0; left -= 1) {
        const { status } = await choose(peer.host, "alpha", { "x-forwarded-for": `192.0.2.${left % 250}` });
        statuses.push(status);
      }
    };
    await Promise.all([ask(), ask(), ask(), ask()]);
    const windows = Math.ceil((world.clock.now() - begun) / 60_000) + 1;
    const served = statuses.filter((status) => status === 502).length;
    expect(served).toBeGreaterThanOrEqual(30);
    expect(served).toBeLessThanOrEqual(30 * windows);
    expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - served);
    expect(peer.received.filter(({ path }) => path === "/.well-known/ocm").length).toBeLessThanOrEqual(served);
  });

  it("tells neither the chosen server nor a log where the visitor was, but by the redirect itself", async () => {
    await choose(peer.host, "alpha", { referer: `${world.servers.alpha.origin}/ocm/wayf?token=${TOKEN}` });
    expect(JSON.stringify(peer.received)).not.toContain(TOKEN);
    expect(world.servers.alpha.told.join("\n")).not.toContain(TOKEN);
  });

  it("takes no form of another site, and none that is too large", async () => {
    expect((await choose(peer.host, "alpha", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await choose("x".repeat(8 * 1024))).status).toBe(413);
    expect(peer.received).toEqual([]);
  });
});
