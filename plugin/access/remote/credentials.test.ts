import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outgoingShare, type ShareServer, startShareServer } from "../share-server.test-helper.ts";
import { startFakePeer } from "./fake-peer.test-helper.ts";
import { type Receiver, receiver } from "./peer-client.test-helper.ts";

const ME = ["bob", "received-1"] as const;
const STRICT = { requirements: ["must-exchange-token"] };
const BASIC = `Basic ${Buffer.from("s3cret:").toString("base64")}`;

describe("the credentials for a received share", () => {
  let server: ShareServer;
  let bob: Receiver | undefined;

  beforeEach(async () => {
    server = await startShareServer();
    await writeFile(`${server.home}/docs/file`, "content");
  });
  afterEach(async () => {
    await bob?.close();
    await server.close();
  });

  function receive(...args: Parameters<typeof receiver> extends [unknown, ...infer Rest] ? Rest : never): Receiver {
    bob = receiver(server, ...args);
    return bob;
  }
  const used = () => server.seen.map(({ method, headers }) => (method === "POST" ? "exchange" : headers.authorization));
  const stat = (receiving: Receiver) => receiving.access.stat(...ME, "file", {});

  it("are a token from the sender, kept in memory until it nears its end (ACC-06, TOK-10)", async () => {
    server.shares.set("share-1", outgoingShare({ strict: true }));
    const receiving = receive(STRICT);
    await stat(receiving);
    await stat(receiving);
    expect(used()).toEqual(["exchange", "Bearer ocm_0", "Bearer ocm_0"]);
    receiving.later = 269_000;
    await stat(receiving);
    receiving.later = 271_000;
    await stat(receiving);
    expect(used().slice(3)).toEqual(["Bearer ocm_0", "exchange", "Bearer ocm_1"]);
  });

  it("are renewed once for all who wait", async () => {
    server.shares.set("share-1", outgoingShare({ strict: true }));
    const receiving = receive(STRICT);
    await Promise.all(Array.from({ length: 20 }, () => stat(receiving)));
    expect(used().filter((what) => what === "exchange")).toHaveLength(1);
  });

  it("are renewed and used again once on a 401, once for all", async () => {
    server.shares.set("share-1", outgoingShare({ strict: true }));
    const receiving = receive(STRICT);
    await stat(receiving);
    server.shares.set("share-1", outgoingShare({ strict: true, epoch: 2 }));
    await Promise.all(Array.from({ length: 10 }, () => stat(receiving)));
    expect(used().filter((what) => what === "exchange")).toHaveLength(2);
    expect(receiving.record.access).toBe("ok");
  });

  it("of a strict share are never the secret, also where no token is given (ACC-06)", async () => {
    server.shares.set("share-1", outgoingShare({ strict: true, secretHash: "" }));
    const receiving = receive(STRICT);
    await expect(stat(receiving)).rejects.toMatchObject({
      code: "peer-refused",
      message: expect.stringContaining("invalid_grant"),
    });
    expect(used()).toEqual(["exchange"]);
    expect(receiving.record).toMatchObject({ access: "refused", accessEvidence: { status: 400 }, status: "accepted" });
  });

  it("of a strict share need a token endpoint", async () => {
    const receiving = receive(STRICT, { tokenEndPoint: null });
    await expect(stat(receiving)).rejects.toMatchObject({ code: "peer-incompatible" });
    expect(server.seen).toHaveLength(0);
  });

  it("are asked for at the place where the sender has moved its endpoint to, once (G-33)", async () => {
    server.shares.set("share-1", outgoingShare({ strict: true }));
    const receiving = receive(STRICT, { tokenEndPoint: `${server.origin}/ocm/old` });
    server.fault = (request, response) => {
      if (request.url !== "/ocm/old") return false;
      response.writeHead(404).end();
      receiving.profile = { ...receiving.profile, tokenEndPoint: `${server.origin}/ocm/token` };
      return true;
    };
    await stat(receiving);
    expect(receiving.rediscovered).toBe(1);
  });

  it("fall back to the secret where no token is to be had and the share is not strict, and stay there (ACC-08, G-31)", async () => {
    const receiving = receive({}, { tokenEndPoint: `${server.origin}/ocm/broken` });
    server.fault = (request, response) => {
      if (request.url === "/ocm/broken") response.writeHead(500).end();
      return request.url === "/ocm/broken";
    };
    await stat(receiving);
    await stat(receiving);
    expect(used()).toEqual(["exchange", "Bearer s3cret", "Bearer s3cret"]);
    expect(receiving.logged.join()).toContain("falling back to its secret");
    receiving.later = 601_000;
    await stat(receiving);
    expect(used().slice(3)).toEqual(["exchange", "Bearer s3cret"]);
  });

  it("are the secret alone where the sender has no token exchange (TOK-15)", async () => {
    await stat(receive({}, { capabilities: [] }));
    expect(used()).toEqual(["Bearer s3cret"]);
  });

  it("are Basic once Bearer has been refused, and first the next time (G-35)", async () => {
    server.fault = (request, response) => {
      if (request.headers.authorization === BASIC) return false;
      response.writeHead(401).end();
      return true;
    };
    server.shares.set("share-1", outgoingShare({ legacyBasic: true }));
    const receiving = receive({}, { capabilities: [] });
    await stat(receiving);
    await stat(receiving);
    expect(used()).toEqual(["Bearer s3cret", BASIC, BASIC]);
  });

  it("are Basic at the prefix itself in the deprecated form (ACC-14)", async () => {
    server.shares.set("share-1", outgoingShare({ legacyBasic: true }));
    const receiving = receive({ form: "options", uri: null }, { capabilities: [] });
    await stat(receiving);
    expect(used()).toEqual([BASIC]);
    expect(server.seen[0]?.url).toBe("/ocm/dav/file");
  });

  it("that are all refused leave evidence and the share as it is", async () => {
    server.shares.clear();
    const receiving = receive({}, { capabilities: [] });
    await expect(stat(receiving)).rejects.toMatchObject({ code: "peer-refused" });
    expect(used()).toEqual(["Bearer s3cret", BASIC]);
    expect(receiving.record).toMatchObject({
      status: "accepted",
      endedBy: null,
      access: "refused",
      accessEvidence: { code: "peer-refused", status: 401 },
    });
  });

  it("are sent again with a small upload, and are tried before a large one", async () => {
    server.shares.set("share-1", outgoingShare({ strict: true }));
    const receiving = receive(STRICT);
    await stat(receiving);
    server.shares.set("share-1", outgoingShare({ strict: true, epoch: 2 }));
    const small = Readable.from([Buffer.from("small")]);
    await receiving.access.write(...ME, "file", small, { size: 5 });
    expect(used()).toEqual(["exchange", "Bearer ocm_0", "Bearer ocm_0", "exchange", "Bearer ocm_1"]);
    server.shares.set("share-1", outgoingShare({ strict: true, epoch: 3 }));
    receiving.later = 61_000;
    const large = Buffer.alloc(200_000);
    await receiving.access.write(...ME, "file", Readable.from([large]), { size: large.length });
    const methods = server.seen.slice(5).map(({ method }) => method);
    expect(methods).toEqual(["PROPFIND", "POST", "PROPFIND", "PUT"]);
  });

  it("are renewed once when fifty reads come after the end of a token, also where only the owner knows of it", async () => {
    const peer = await startFakePeer();
    peer.tree.set("file", { content: Buffer.from("content"), etag: '"1"' });
    peer.accepted = "none yet";
    bob = receiver(peer, STRICT);
    const reading = bob;
    const fifty = () => Promise.all(Array.from({ length: 50 }, () => reading.access.read(...ME, "file", {})));
    const drained = async () => {
      for (const { status, body } of await fifty()) {
        expect(status).toBe(200);
        body.resume();
      }
    };
    await drained();
    expect(peer.tokens).toBe(1);
    reading.later = 301_000;
    await drained();
    expect(peer.tokens).toBe(2);
    expect(peer.seen.filter((each) => each === "GET file")).toHaveLength(100);
    peer.accepted = "the owner wants another";
    await drained();
    expect(peer.tokens).toBe(3);
  });

  it("that are refused while a stream is sent make that upload fail, not the share, and the next one succeeds", async () => {
    const peer = await startFakePeer();
    peer.accepted = "none yet";
    bob = receiver(peer, STRICT);
    await bob.access.stat(...ME, "", {});
    peer.accepted = "the owner wants another";
    const content = () => Readable.from([Buffer.alloc(100_000)]);
    await expect(bob.access.write(...ME, "file", content(), {})).rejects.toMatchObject({
      code: "peer-refused",
      message: expect.stringContaining("Send it again"),
    });
    expect(bob.record.access).toBe("ok");
    await bob.access.write(...ME, "file", content(), {});
    expect(peer.tree.get("file")?.content).toHaveLength(100_000);
  });

  it("are never part of an address (G-34)", async () => {
    await stat(receive());
    expect(server.seen.some(({ url }) => url.includes("s3cret"))).toBe(false);
  });
});
