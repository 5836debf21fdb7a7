import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakePeer, startFakePeer } from "./fake-peer.test-helper.ts";
import { type Receiver, receiver } from "./peer-client.test-helper.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

let peer: FakePeer;
let bob: Receiver;

beforeEach(async () => {
  peer = await startFakePeer();
  bob = receiver(peer);
});
afterEach(() => bob.close());

const context = {};

describe("an owner's server that is an enemy", () => {
  it("cannot make little that is known of a file keep much in memory", async () => {
    const padding = `<!--${"x".repeat(20_000)}-->`;
    peer.instead = (request, response) => {
      if (request.url === "/ocm/token") return false;
      const etag = `"${"0123456789".repeat(5)}"`;
      response.writeHead(207);
      response.end(
        `<d:multistatus xmlns:d="DAV:"><d:response><d:href>${request.url}</d:href><d:propstat><d:prop><d:resourcetype/><d:getetag>${etag}</d:getetag></d:prop></d:propstat></d:response>${padding}</d:multistatus>`,
      );
      return true;
    };
    const ask = (index: number) => bob.access.stat("bob", "received-1", `a file with a name, number ${index}`, context);
    for (let index = 0; index < 50; index += 1) await ask(index);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let index = 50; index < 550; index += 1) await ask(index);
    collect();
    expect((process.memoryUsage().heapUsed - before) / 500).toBeLessThan(10_000);
  });

  it("cannot have long texts kept as tokens", async () => {
    bob.record = { ...bob.record, requirements: ["must-exchange-token"] };
    peer.instead = (request, response) => {
      if (request.url !== "/ocm/token") return false;
      const grant = { access_token: "x".repeat(100_000), token_type: "Bearer", expires_in: 300 };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(grant));
      return true;
    };
    await expect(bob.access.open("bob", "received-1", "", context)).rejects.toMatchObject({
      code: "peer-incompatible",
    });
    expect(peer.seen).toEqual(["POST /ocm/token"]);
  });

  it("cannot lead anybody into folders within folders without an end", async () => {
    const path = Array.from({ length: 4_100 }, () => "a").join("/");
    await expect(bob.access.listFolder("bob", "received-1", path, context)).rejects.toMatchObject({
      code: "path-invalid",
    });
    expect(peer.seen).toEqual([]);
  });

  it.each([
    ["PROPFIND", () => bob.access.stat("bob", "received-1", "file", context), "resource-missing"],
    ["MKCOL", () => bob.access.mkdir("bob", "received-1", "new", context), "none"],
  ])(
    "cannot hold up whoever asks with an answer to %s whose body does not end",
    async (_method, ask, code) => {
      bob.haste = 20;
      const { promise: gone, resolve } = Promise.withResolvers<void>();
      peer.instead = (request, response) => {
        if (request.url === "/ocm/token") return false;
        response.writeHead(code === "none" ? 201 : 404, { "content-type": "text/plain" });
        const drip = setInterval(() => response.write("x"), 5);
        response.once("close", () => {
          clearInterval(drip);
          resolve();
        });
        return true;
      };
      const answer = await ask().then(
        () => "none",
        (error) => error.code,
      );
      expect(answer).toBe(code);
      await gone;
    },
    5_000,
  );

  it.each([
    ["a part, unasked", 206, { "content-range": "bytes 0-1/9" }, {}],
    ["another part", 206, { "content-range": "bytes 0-1/9" }, { range: "bytes=4-5" }],
    ["a part without saying which", 206, {}, { range: "bytes=4-5" }],
    ["that it is known already, unasked", 304, {}, {}],
    ["that there is no such part, unasked", 416, { "content-range": "bytes */9" }, {}],
  ])("is not believed when it sends %s", async (_what, status, headers, conditions) => {
    peer.instead = (request, response) => {
      if (request.url === "/ocm/token") return false;
      response.writeHead(status, headers);
      response.end(status === 206 ? "ab" : "");
      return true;
    };
    const asked = bob.access.read("bob", "received-1", "file", conditions);
    await expect(asked).rejects.toMatchObject({ code: "peer-incompatible" });
  });

  it("cannot have a file taken for one that goes on which it broke off before anybody read it", async () => {
    bob.beforeWrite = async () => void (await wait(100));
    peer.instead = (request, response) => {
      if (request.url === "/ocm/token") return false;
      response.writeHead(200, { "content-length": 1_000 }).write("abc");
      setTimeout(() => response.destroy(), 20);
      return true;
    };
    const asked = bob.access.read("bob", "received-1", "file", context);
    await expect(asked).rejects.toMatchObject({ code: "peer-unreachable" });
    expect(bob.writes).toBe(1);
  });

  it.each([
    ["the part", { "content-range": "bytes 4-5/9" }, "bytes=4-5"],
    ["one of the parts", { "content-range": "bytes 4-5/9" }, "bytes=0-1, 4-5"],
    ["the end", { "content-range": "bytes 7-8/9" }, "bytes=-2"],
    ["all parts together", { "content-type": "multipart/byteranges; boundary=b" }, "bytes=0-1,4-5"],
  ])("and one that is none is heard when it sends %s", async (_what, headers, range) => {
    peer.instead = (request, response) => {
      if (request.url === "/ocm/token") return false;
      response.writeHead(206, headers);
      response.end("ab");
      return true;
    };
    const { status, body } = await bob.access.read("bob", "received-1", "file", { range });
    expect(status).toBe(206);
    body.on("error", () => {});
    body.destroy();
  });
});
