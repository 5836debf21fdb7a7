import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../../share-server.test-helper.ts";
import { adler32 } from "./adler32.ts";
import { announcedChecksum } from "./checksum.ts";

const DAV = "/ocm/dav/share-1";
const CHECKSUMS =
  '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:checksums/></d:prop></d:propfind>';
const hashed = (algorithm: string, text: string, form: "hex" | "base64" = "hex") =>
  createHash(algorithm).update(text).digest(form);

describe("PUT by clients of ownCloud", () => {
  let server: ShareServer;
  beforeEach(async () => {
    server = await startShareServer();
    await writeFile(`${server.home}/docs/old.txt`, "old");
  });
  afterEach(() => server.close());

  const put = (path: string, body: string | Readable, headers: Record<string, string> = {}) =>
    raw(server, "PUT", DAV + path, { body, headers });
  const stored = (name: string) => readFile(`${server.home}/docs/${name}`, "utf8");
  const checksums = async (path: string) => {
    const { text } = await raw(server, "PROPFIND", DAV + path, { headers: { depth: "0" }, body: CHECKSUMS });
    return text.match(/<oc:checksums><oc:checksum>([^<]*)</)?.[1] ?? null;
  };

  it("gives the file the time that X-OC-Mtime names, and says so", async () => {
    const reply = await put("/new.txt", "new", { "x-oc-mtime": "1405659692" });
    expect(reply.status).toBe(201);
    expect(reply.headers["x-oc-mtime"]).toBe("accepted");
    expect((await stat(`${server.home}/docs/new.txt`)).mtimeMs).toBe(1_405_659_692_000);
    expect((await put("/new.txt", "newer", { "x-oc-mtime": "1405659693.5" })).headers["x-oc-mtime"]).toBe("accepted");
    expect((await put("/new.txt", "newest")).headers["x-oc-mtime"]).toBeUndefined();
  });

  it("does not say so where the host has its own time", async () => {
    const { write } = server.files;
    server.files.write = (user, path, content) => write(user, path, content);
    const reply = await put("/new.txt", "new", { "x-oc-mtime": "1405659692" });
    expect(reply.status).toBe(201);
    expect(reply.headers["x-oc-mtime"]).toBeUndefined();
  });

  it.each(["", "yesterday", "-1", "1e9", "0x10", "253402300800", "1.2.3"])(
    "refuses the time '%s' with 400",
    async (time) => {
      expect((await put("/old.txt", "new", { "x-oc-mtime": time })).status).toBe(400);
      expect(await stored("old.txt")).toBe("old");
    },
  );

  it("tells the entity tag and the identifier in the fields that they read", async () => {
    const { headers } = await put("/new.txt", "new");
    expect(headers["oc-etag"]).toBe(headers.etag);
    expect(headers["oc-fileid"]).toBe(String((await stat(`${server.home}/docs/new.txt`)).ino));
  });

  it.each([
    ["OC-Checksum", `SHA1:${hashed("sha1", "new")}`, `SHA1:${hashed("sha1", "new")}`],
    ["OC-Checksum", `MD5:${hashed("md5", "new").toUpperCase()}`, `MD5:${hashed("md5", "new")}`],
    ["OC-Checksum", "Adler32:028e014b", "ADLER32:028e014b"],
    ["OC-Checksum", `SHA256:${hashed("sha256", "new")}`, `SHA256:${hashed("sha256", "new")}`],
    ["OC-Checksum", `SHA3-256:${hashed("sha3-256", "new")}`, `SHA3-256:${hashed("sha3-256", "new")}`],
    ["Upload-Checksum", `sha1 ${hashed("sha1", "new", "base64")}`, `SHA1:${hashed("sha1", "new")}`],
    ["Upload-Checksum", `sha1 ${hashed("sha1", "new")}`, `SHA1:${hashed("sha1", "new")}`],
  ])("checks %s: %s and tells it from then on, until the content changes", async (field, value, told) => {
    expect(await checksums("/old.txt")).toBeNull();
    expect((await put("/old.txt", "new", { [field]: value })).status).toBe(204);
    expect(await checksums("/old.txt")).toBe(told);
    await put("/old.txt", "newer");
    expect(await checksums("/old.txt")).toBeNull();
  });

  it.each([
    ["OC-Checksum", `SHA1:${hashed("sha1", "other")}`],
    ["OC-Checksum", "ADLER32:00000001"],
    ["OC-Checksum", "SHA1:abc"],
    ["OC-Checksum", "CRC:abc"],
    ["OC-Checksum", "nonsense"],
    ["OC-Checksum", ""],
    ["OC-Checksum", "__proto__:00"],
    ["Upload-Checksum", `sha1 ${hashed("sha1", "other", "base64")}`],
  ])("refuses %s: %s with 400, and the old file stays", async (field, value) => {
    const reply = await put("/old.txt", "new", { [field]: value });
    expect(reply.status).toBe(400);
    expect(await stored("old.txt")).toBe("old");
    expect(await readdir(`${server.home}/docs`)).toEqual(["old.txt"]);
    expect(await checksums("/old.txt")).toBeNull();
  });

  it("refuses what is larger than the owner's space before it is sent, and takes what fits", async () => {
    const asked: string[] = [];
    server.files.quota = async (_user, path) => {
      asked.push(path);
      return { available: 5 };
    };
    const { write } = server.files;
    let written = 0;
    server.files.write = (...parameters) => {
      written += 1;
      return write(...parameters);
    };
    const reply = await put("/new.txt", "x".repeat(100));
    expect(reply.status).toBe(507);
    expect(reply.text).toContain("<d:sufficient-disk-space/>");
    expect(asked).toEqual(["/docs"]);
    expect(written).toBe(0);
    expect((await put("/new.txt", "12345")).status).toBe(201);
    expect((await put("/old.txt", "12345678")).status).toBe(204);
    expect((await put("/old.txt", "12345678901234")).status).toBe(507);
    expect(await stored("old.txt")).toBe("12345678");
  });

  it("goes on where the space is not known", async () => {
    server.files.quota = async () => undefined;
    expect((await put("/new.txt", "new")).status).toBe(201);
    server.files.quota = async () => {
      throw new Error("no quota service");
    };
    expect((await put("/new.txt", "newer")).status).toBe(204);
  });

  it("takes a file that came up meanwhile for one that a share for new files may not replace", async () => {
    server.shares.set("share-1", outgoingShare({ permissions: ["write"] }));
    const body = Readable.from(
      (async function* () {
        yield "mine";
        await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(2);
        await writeFile(`${server.home}/docs/race.txt`, "theirs");
      })(),
    );
    expect((await put("/race.txt", body)).status).toBe(403);
    expect(await stored("race.txt")).toBe("theirs");
  });

  it("does not take an If-None-Match: * for fulfilled that no longer is", async () => {
    const body = Readable.from(
      (async function* () {
        yield "mine";
        await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(2);
        await writeFile(`${server.home}/docs/race.txt`, "theirs");
      })(),
    );
    expect((await put("/race.txt", body, { "if-none-match": "*" })).status).toBe(412);
    expect(await stored("race.txt")).toBe("theirs");
  });

  it.each([
    ["before its first byte", 0],
    ["after its first byte", 1],
    ["in the middle", 500_000],
    ["before its last byte", 999_999],
  ])("leaves the old file when the upload is cut off %s, whether its length was told or not", async (_when, bytes) => {
    const { hostname, port } = new URL(server.origin);
    for (const headers of [{ "content-length": "1000000" }, { "transfer-encoding": "chunked" }]) {
      const request = httpRequest({
        hostname,
        port,
        method: "PUT",
        path: `${DAV}/old.txt`,
        headers: { authorization: "Bearer s3cret", "oc-checksum": `MD5:${hashed("md5", "")}`, ...headers },
      });
      request.on("error", () => {});
      request.flushHeaders();
      if (bytes > 0) request.write(Buffer.alloc(bytes));
      await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(2);
      request.destroy();
      await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(1);
      expect(await stored("old.txt")).toBe("old");
    }
  });

  it("raises the entity tag of the folders above", async () => {
    const etag = async () => {
      const { text } = await raw(server, "PROPFIND", `${DAV}/`, { headers: { depth: "0" } });
      return text.match(/<d:getetag>([^<]*)</)?.[1];
    };
    await raw(server, "MKCOL", `${DAV}/a`);
    await raw(server, "MKCOL", `${DAV}/a/b`);
    const before = await etag();
    await put("/a/b/deep.txt", "1");
    const between = await etag();
    await put("/a/b/deep.txt", "2");
    expect(new Set([before, between, await etag()]).size).toBe(3);
  });
});

describe("a checksum", () => {
  it("of Adler-32 is that of RFC 1950, in whatever pieces the bytes come", () => {
    const plain = (bytes: Uint8Array) => {
      let [a, b] = [1n, 0n];
      for (const byte of bytes) {
        a = (a + BigInt(byte)) % 65_521n;
        b = (b + a) % 65_521n;
      }
      return ((b << 16n) | a).toString(16).padStart(8, "0");
    };
    const sum = adler32();
    sum.update(Buffer.from("Wiki"));
    sum.update(Buffer.from("pedia"));
    expect(sum.digest()).toBe("11e60398");
    const large = new Uint8Array(300_000).fill(255);
    const whole = adler32();
    whole.update(large);
    expect(whole.digest()).toBe(plain(large));
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (pieces) => {
        const running = adler32();
        for (const piece of pieces) running.update(piece);
        expect(running.digest()).toBe(plain(Buffer.concat(pieces)));
      }),
    );
  });

  it("that TUS and ownCloud both name is read once", () => {
    const request = { headers: { "upload-checksum": `md5 ${hashed("md5", "a")}`, "oc-checksum": "SHA1:00" } };
    const checksum = announcedChecksum(request);
    checksum?.update(Buffer.from("a"));
    expect(checksum?.matches()).toBe(true);
    expect(announcedChecksum({ headers: {} })).toBeUndefined();
  });
});
