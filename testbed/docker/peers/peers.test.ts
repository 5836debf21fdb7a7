import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { caller, Refused } from "../../http.ts";
import { closeServers, listen, type WebServer } from "../../server/listen.ts";
import { createPeerBook } from "./book.ts";
import { peersClient } from "./client.ts";
import { peersControl } from "./control.ts";

const servers: WebServer[] = [];
let port = 0;
let control = 0;
beforeAll(async () => {
  const book = createPeerBook();
  const answers = await listen(0, book.listener, { host: "127.0.0.1" });
  const orders = await listen(0, peersControl(book, "a token"), { host: "127.0.0.1" });
  servers.push(...answers.servers, ...orders.servers);
  port = answers.port;
  control = orders.port;
});
afterAll(() => closeServers(servers));
beforeEach(() => peersClient(control, "a token").publish({ [`localhost:${port}`]: { "/.well-known/ocm": '{"a":1}' } }));

const peers = () => peersClient(control, "a token");
const host = () => `localhost:${port}`;
const asServer = () => caller(`http://${host()}`);
const share = (person: string, webdav: object | null = { sharedSecret: "secret", uri: "it" }) =>
  asServer().json("POST", "/ocm/shares", {
    json: { shareWith: `${person}@${host()}`, providerId: "7", protocol: { webdav } },
  });

describe("the peers of load tests", () => {
  it("publish what they are told, each at its own host, until they are told something else", async () => {
    expect(await asServer().json("GET", "/.well-known/ocm")).toEqual({ a: 1 });
    await expect(caller(`http://127.0.0.1:${port}`).json("GET", "/.well-known/ocm")).rejects.toThrow(/404/);
    await peers().publish({});
    await expect(asServer().json("GET", "/.well-known/ocm")).rejects.toThrow(/404/);
  });

  it("take shares, tell the newest one for a person, and forget them with what they publish", async () => {
    await share("bob");
    await share("carol");
    expect(await peers().share(host(), "bob")).toEqual({ providerId: "7", sharedSecret: "secret", uri: "it" });
    expect(await peers().share(host(), "dave")).toBeNull();
    await peers().publish({});
    expect(await peers().share(host(), "bob")).toBeNull();
  });

  it("take notifications", async () => {
    expect(
      await asServer().json("POST", "/ocm/notifications", { json: { notificationType: "SHARE_UNSHARED" } }),
    ).toEqual({});
  });

  it("go on after a share that is none", async () => {
    await expect(share("bob", null)).rejects.toThrow(/400/);
    await share("bob");
  });

  it("obey nobody without the token", async () => {
    await expect(peersClient(control, "another").publish({})).rejects.toThrow(Refused);
    expect(await asServer().json("GET", "/.well-known/ocm")).toEqual({ a: 1 });
    expect(await caller(`http://127.0.0.1:${control}`).json("GET", "/healthz")).toBe("ok");
  });
});
