import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFileError } from "../../ports/host.ts";
import { outgoingShare, type ShareServer, startShareServer } from "../share-server.test-helper.ts";
import { type Receiver, receiver } from "./peer-client.test-helper.ts";

const NAMES = ["a text.txt", "🦊.png", "100%.txt", "hash#tag", "what?", "é".normalize("NFC"), "é".normalize("NFD")];
const ME = ["bob", "received-1"] as const;

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("a received share", () => {
  let server: ShareServer;
  let bob: Receiver;

  beforeEach(async () => {
    server = await startShareServer();
    bob = receiver(server);
    for (const name of NAMES) await writeFile(`${server.home}/docs/${name}`, name);
    await mkdir(`${server.home}/docs/sub`);
    for (let index = 0; index < 50; index += 1) await writeFile(`${server.home}/docs/sub/${index}`, "x");
  });
  afterEach(async () => {
    await bob.close();
    await server.close();
  });

  const requests = (method: string) => server.seen.filter((seen) => seen.method === method);

  it("is listed by one PROPFIND for each folder that is opened", async () => {
    const entries = await bob.access.listFolder(...ME, "", {});
    expect(entries.map(({ name }) => name).sort()).toEqual([...NAMES, "sub"].sort());
    expect(entries.find(({ name }) => name === "sub")).toMatchObject({ path: "sub", type: "folder", size: null });
    expect(entries.find(({ name }) => name === "100%.txt")).toMatchObject({ size: 8, mediaType: "text/plain" });
    expect(requests("PROPFIND")).toHaveLength(1);
    expect(await bob.access.listFolder(...ME, "sub", {})).toHaveLength(50);
    expect(requests("PROPFIND")).toHaveLength(2);
    expect(requests("POST")).toHaveLength(1);
    expect(server.seen).toHaveLength(3);
  });

  it("is opened at any path by one PROPFIND, whether a file or a folder is found there", async () => {
    const folder = await bob.access.open(...ME, "sub", {});
    expect(folder.entry).toMatchObject({ name: "sub", path: "sub", type: "folder" });
    expect(folder.children).toHaveLength(50);
    const file = await bob.access.open(...ME, "what?", {});
    expect(file).toMatchObject({ entry: { name: "what?", type: "file", size: 5 }, children: null });
    expect((await bob.access.open(...ME, "", {})).entry).toMatchObject({ name: "Documents", path: "" });
    expect(requests("PROPFIND")).toHaveLength(3);
  });

  it("is read, whatever the file is called, and described", async () => {
    for (const name of NAMES) {
      const file = await bob.access.read(...ME, name, {});
      expect(file.status).toBe(200);
      expect(await text(file.body)).toBe(name);
      expect(await bob.access.stat(...ME, name, {})).toMatchObject({ name, path: name, size: Buffer.byteLength(name) });
    }
    expect(await bob.access.stat(...ME, "", {})).toMatchObject({
      name: "Documents",
      path: "",
      type: "folder",
      size: null,
    });
    expect(await bob.access.stat(...ME, "sub/7", {})).toMatchObject({ name: "7", path: "sub/7", type: "file" });
  });

  it("is read and written no longer than it is open to us, whoever asked for it", async () => {
    server.fault = (request, response) => {
      if (request.method === "GET") response.writeHead(200, { "content-length": "1000" }).write("x");
      return request.method === "GET" || request.method === "PUT";
    };
    const file = await bob.access.read(...ME, "what?", {});
    const read = text(file.body).catch((error) => error);
    const endless = new Readable({ read() {} });
    endless.push("x");
    const written = bob.access.write(...ME, "what?", endless, {}).catch((error) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    bob.record = { ...bob.record, status: "ended" };
    const begun = Date.now();
    expect(await read).toMatchObject({ message: "The share has ended." });
    expect(await written).toMatchObject({ code: "share-ended" });
    expect(Date.now() - begun).toBeLessThan(1_500);
  });

  it("passes ranges and conditions through", async () => {
    const part = await bob.access.read(...ME, "what?", { range: "bytes=1-2" });
    expect(part.status).toBe(206);
    expect(part.headers).toMatchObject({ "content-range": "bytes 1-2/5", "content-length": "2" });
    expect(await text(part.body)).toBe("ha");
    const { etag } = part.headers;
    const same = await bob.access.read(...ME, "what?", { ifNoneMatch: etag });
    expect(same.status).toBe(304);
    expect(same.headers.etag).toBe(etag);
    expect(await text(same.body)).toBe("");
    const outside = await bob.access.read(...ME, "what?", { range: "bytes=9-" });
    expect(outside.status).toBe(416);
    expect(outside.headers["content-range"]).toBe("bytes */5");
    expect((await bob.access.stat(...ME, "what?", {})).etag).toBe(etag);
  });

  it("is written, small and large, with and without a known size", async () => {
    const large = Buffer.alloc(1_000_000, "y");
    expect(await bob.access.write(...ME, "new 🦊", Readable.from([Buffer.from("small")]), { size: 5 })).toMatchObject({
      created: true,
    });
    const written = await bob.access.write(...ME, "new 🦊", Readable.from([large]), { size: large.length });
    expect(written).toEqual({
      created: false,
      timeAccepted: false,
      etag: (await bob.access.stat(...ME, "new 🦊", {})).etag,
    });
    expect(await readFile(`${server.home}/docs/new 🦊`)).toEqual(large);
    await bob.access.write(...ME, "unknown size", Readable.from([Buffer.from("abc"), Buffer.from("def")]), {});
    expect(await readFile(`${server.home}/docs/unknown size`, "utf8")).toBe("abcdef");
    await bob.access.write(...ME, "empty", Readable.from([]), { size: 0 });
    expect(await readFile(`${server.home}/docs/empty`, "utf8")).toBe("");
  });

  it("is written only in the state that the writer saw", async () => {
    const { etag } = await bob.access.stat(...ME, "what?", {});
    const content = () => Readable.from([Buffer.from("mine")]);
    await writeFile(`${server.home}/docs/what?`, "theirs");
    const ifMatch = etag ?? "";
    await expect(bob.access.write(...ME, "what?", content(), { ifMatch, size: 4 })).rejects.toMatchObject({
      code: "precondition-failed",
    });
    await expect(bob.access.write(...ME, "what?", content(), { ifNoneMatch: "*", size: 4 })).rejects.toMatchObject({
      status: 412,
    });
    expect(await readFile(`${server.home}/docs/what?`, "utf8")).toBe("theirs");
  });

  it("takes folders, moves and removals", async () => {
    await bob.access.mkdir(...ME, "sub/ü", {});
    await bob.access.move(...ME, "100%.txt", "sub/ü/200%.txt", {});
    expect(await readdir(`${server.home}/docs/sub/ü`)).toEqual(["200%.txt"]);
    await bob.access.remove(...ME, "sub", {});
    expect(await readdir(`${server.home}/docs`)).not.toContain("sub");
    await expect(bob.access.mkdir(...ME, "what?", {})).rejects.toMatchObject({ code: "conflict" });
    await expect(bob.access.move(...ME, "what?", "hash#tag", {})).rejects.toMatchObject({
      code: "precondition-failed",
    });
    await expect(bob.access.remove(...ME, "none", {})).rejects.toMatchObject({ code: "resource-missing" });
  });

  it("streams 256 MiB in both directions at bounded memory", async () => {
    const size = 256 * 1_048_576;
    await writeFile(`${server.home}/docs/big`, "");
    await truncate(`${server.home}/docs/big`, size);
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const file = await bob.access.read(...ME, "big", {});
    const hash = createHash("sha256");
    file.body.on("data", (chunk) => {
      hash.update(chunk);
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    });
    const passed = file.body.pipe(new (await import("node:stream")).PassThrough());
    await bob.access.write(...ME, "copy", passed, { size });
    expect(await bob.access.stat(...ME, "copy", {})).toMatchObject({ size });
    expect(hash.digest("hex")).toBe("a6d72ac7690f53be6ae46ba88506bd97302a093f7108472bd9efc3cefda06484");
    expect(peak).toBeLessThan(128 * 1_048_576);
  }, 60_000);

  it("tells the owner's refusals with the owner's words", async () => {
    server.files.write = async () => {
      throw new HostFileError("no-space", "quota");
    };
    const content = Readable.from([Buffer.from("x")]);
    await expect(bob.access.write(...ME, "x", content, { size: 1 })).rejects.toMatchObject({
      code: "no-space",
      status: 507,
      message: "There is no space left at the owner. It says: There is no space left at the owner.",
    });
    server.shares.set("share-1", outgoingShare({ permissions: ["read"] }));
    await expect(bob.access.remove(...ME, "what?", {})).rejects.toMatchObject({
      code: "forbidden",
      message: "The owner's server does not allow this. It says: The share does not permit this.",
    });
    await expect(bob.access.read(...ME, "none", {})).rejects.toMatchObject({ code: "resource-missing" });
    await expect(bob.access.listFolder(...ME, "what?", {})).rejects.toMatchObject({ code: "conflict" });
  });

  it("tells a refusal that comes before the upload is over, and an upload that breaks off", async () => {
    server.files.write = async (_user, _path, content) => {
      for await (const _ of content) throw new HostFileError("no-space", "quota");
      throw new Error("no content");
    };
    const size = 50_000_000;
    const chunks = Array.from({ length: 50 }, () => Buffer.alloc(1_000_000));
    await expect(bob.access.write(...ME, "x", Readable.from(chunks), { size })).rejects.toMatchObject({
      code: "no-space",
    });
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(100_000);
        throw new Error("gone");
      })(),
    );
    await expect(bob.access.write(...ME, "x", broken, { size })).rejects.toMatchObject({ code: "bad-request" });
  });

  it("lets go of bodies that are not wanted or have no end", async () => {
    server.fault = (request, response) => {
      const { method = "" } = request;
      if (!["GET", "PROPFIND", "DELETE"].includes(method)) return false;
      const status = { GET: 200, PROPFIND: 207, DELETE: 403 }[method] ?? 500;
      response.writeHead(status, { "content-encoding": "gzip", "content-type": "text/plain" });
      Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65_536, "<a>");
        })(),
      )
        .on("error", () => {})
        .pipe(response);
      return true;
    };
    await expect(bob.access.read(...ME, "what?", {})).rejects.toMatchObject({ code: "peer-incompatible" });
    await expect(bob.access.stat(...ME, "", {})).rejects.toMatchObject({ code: "peer-incompatible" });
    await expect(bob.access.remove(...ME, "what?", {})).rejects.toMatchObject({ code: "forbidden" });
  });

  it.each([
    [413, "too-large"],
    [423, "locked"],
    [409, "conflict"],
    [429, "too-many-requests"],
    [503, "peer-unreachable"],
    [500, "peer-refused"],
    [302, "peer-refused"],
    [501, "peer-incompatible"],
  ])("turns status %i into %s, with no word of HTML", async (status, code) => {
    server.fault = (request, response) => {
      if (request.method !== "MKCOL") return false;
      response.writeHead(status, { "content-type": "text/html" }).end("<h1>Sorry &lt;3</h1>");
      return true;
    };
    const refused = await bob.access.mkdir(...ME, "x", {}).catch((error) => error);
    expect(refused.code).toBe(code);
    expect(refused.message).not.toContain("Sorry");
  });

  it.each([
    ["application/json", '{"message":"Out of\\u0000 \\u202eorder\\n\\nnow"}', "Out of order now"],
    ["application/xml", "<d:error><s:message>a &amp;\nb</s:message></d:error>", "a & b"],
    ["text/plain", "x".repeat(10_000), "x".repeat(300)],
  ])("cleans the words of %s", async (type, body, words) => {
    server.fault = (request, response) => {
      if (request.method === "MKCOL") response.writeHead(403, { "content-type": type }).end(body);
      return request.method === "MKCOL";
    };
    const refused = await bob.access.mkdir(...ME, "x", {}).catch((error) => error);
    expect(refused.message).toBe(`The owner's server does not allow this. It says: ${words}`);
  });

  it("is not to be used by others, before it is accepted, after its end, or without a second factor it demands", async () => {
    const stat = () => bob.access.stat(...ME, "", {});
    await expect(bob.access.stat("eve", "received-1", "", {})).rejects.toMatchObject({ code: "not-found" });
    await expect(bob.access.stat("bob", "other", "", {})).rejects.toMatchObject({ code: "not-found" });
    const { record } = bob;
    bob.record = { ...record, status: "pending" };
    await expect(stat()).rejects.toMatchObject({ code: "share-not-accepted" });
    bob.record = { ...record, status: "ended" };
    await expect(stat()).rejects.toMatchObject({ code: "share-ended" });
    bob.record = { ...record, expiresAt: Date.now() };
    await expect(stat()).rejects.toMatchObject({ code: "share-ended" });
    bob.record = { ...record, requirements: ["must-use-mfa"] };
    await expect(stat()).rejects.toMatchObject({ code: "second-factor" });
    bob.record = { ...record, requirements: ["must-dance"] };
    await expect(stat()).rejects.toMatchObject({ code: "peer-incompatible" });
    expect(server.seen).toHaveLength(0);
    bob.record = { ...record, requirements: ["must-use-mfa"] };
    expect(await bob.access.stat(...ME, "", { secondFactor: true })).toMatchObject({ type: "folder" });
  });

  it("takes no path that leads elsewhere, and asks nobody about it", async () => {
    for (const path of ["..", "../x", "a/../b", "/a", "a/", "a//b", "a\\b", "a\0", "\ud800"]) {
      await expect(bob.access.stat(...ME, path, {})).rejects.toMatchObject({ code: "path-invalid" });
      await expect(bob.access.move(...ME, "what?", path, {})).rejects.toMatchObject({ code: "path-invalid" });
    }
    await expect(bob.access.remove(...ME, "", {})).rejects.toMatchObject({ code: "forbidden" });
    await expect(bob.access.move(...ME, "what?", "", {})).rejects.toMatchObject({ code: "forbidden" });
    expect(server.seen).toHaveLength(0);
  });

  it("says at once that the peer is down while its breaker is open", async () => {
    const lastError = { code: "peer-timeout", message: "a.example did not answer in time.", at: 0, status: null };
    bob.down = {
      host: "a",
      discovery: null,
      jwks: null,
      fetchedAt: null,
      failures: 9,
      unreachableSince: 0,
      lastError,
      lastSeenAt: null,
      updatedAt: 0,
    };
    await expect(bob.access.stat(...ME, "", {})).rejects.toMatchObject({
      code: "peer-unreachable",
      message: lastError.message,
    });
    expect(server.seen).toHaveLength(0);
  });

  it("can be a file, at its own address", async () => {
    server.shares.set("share-1", outgoingShare({ resourceType: "file", path: "/docs/what?", name: "what?" }));
    bob.record = { ...bob.record, resourceType: "file", name: "what?" };
    expect(await bob.access.stat(...ME, "", {})).toMatchObject({ name: "what?", type: "file", size: 5 });
    expect(await text((await bob.access.read(...ME, "", {})).body)).toBe("what?");
    await bob.access.write(...ME, "", Readable.from([Buffer.from("now")]), { size: 3 });
    expect(await readFile(`${server.home}/docs/what?`, "utf8")).toBe("now");
    await expect(bob.access.stat(...ME, "x", {})).rejects.toMatchObject({ code: "resource-missing" });
  });

  it("carries the request id, the client's abort and an identity encoding to the owner's server", async () => {
    await bob.access.read(...ME, "what?", { requestId: "abcdefgh-1" });
    expect(server.seen.every(({ headers }) => headers["x-request-id"] === "abcdefgh-1")).toBe(true);
    expect(server.seen.at(-1)?.headers["accept-encoding"]).toBe("identity");
    server.fault = () => true;
    const aborted = new AbortController();
    const hanging = bob.access.read(...ME, "what?", { signal: aborted.signal });
    setTimeout(() => aborted.abort(), 50);
    await expect(hanging).rejects.toMatchObject({ code: "peer-unreachable" });
  });
});
