import { createHash } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../../share-server.test-helper.ts";

const DAV = "/ocm/dav/share-1";
const MODIFIED = "Tue, 24 Nov 2026 10:00:00 GMT";

describe("GET and HEAD", () => {
  let server: ShareServer;
  let etag: string;

  beforeAll(async () => {
    server = await startShareServer();
    await writeFile(`${server.home}/docs/digits.txt`, "0123456789");
    await writeFile(`${server.home}/docs/empty`, "");
    await writeFile(`${server.home}/docs/page.html`, "<script>alert(1)</script>");
    const file = await open(`${server.home}/docs/digits.txt`);
    await file.utimes(Date.parse(MODIFIED) / 1000, Date.parse(MODIFIED) / 1000);
    await file.close();
    etag = String((await get({})).headers.etag);
  });
  afterAll(() => server.close());

  const get = (headers: Record<string, string>, method = "GET") =>
    raw(server, method, `${DAV}/digits.txt`, { headers });

  it("give the file with a strong entity tag and the fields that keep browsers from running it", async () => {
    const reply = await raw(server, "GET", `${DAV}/page.html`);
    expect(reply).toMatchObject({ status: 200, text: "<script>alert(1)</script>" });
    expect(reply.headers).toMatchObject({
      "content-type": "text/html",
      "content-length": "25",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "content-disposition": "attachment",
      "content-security-policy": "sandbox",
    });
    expect(reply.headers.etag).toMatch(/^"[^"]+"$/);
    expect((await get({})).headers["last-modified"]).toBe(MODIFIED);
  });

  it("are kept by no cache for others, and not used again without asking", async () => {
    const { headers, text } = await raw(server, "GET", `${DAV}/digits.txt`);
    expect(text).not.toBe("");
    expect(headers["cache-control"]).toBe("private, no-cache");
    const again = await raw(server, "GET", `${DAV}/digits.txt`, { headers: { "if-none-match": String(headers.etag) } });
    expect([again.status, again.headers["cache-control"]]).toEqual([304, "private, no-cache"]);
    expect((await raw(server, "GET", `${DAV}/none`)).headers["cache-control"]).toBe("no-store");
  });

  it("give the same fields to HEAD, without the content", async () => {
    const reply = await get({}, "HEAD");
    expect(reply).toMatchObject({ status: 200, text: "" });
    expect(reply.headers).toMatchObject({ "content-length": "10", etag });
    expect((await raw(server, "HEAD", `${DAV}/none`)).status).toBe(404);
  });

  it.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=4-", "456789", "bytes 4-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=8-99999999999999999999", "89", "bytes 8-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
    ["Bytes=9-9", "9", "bytes 9-9/10"],
  ])("answer %s with 206", async (range, text, contentRange) => {
    const reply = await get({ range });
    expect(reply).toMatchObject({ status: 206, text });
    expect(reply.headers).toMatchObject({ "content-range": contentRange, "content-length": String(text.length) });
  });

  it.each(["bytes=10-", "bytes=10-20", "bytes=-0"])("answer %s with 416", async (range) => {
    const reply = await get({ range });
    expect(reply.status).toBe(416);
    expect(reply.headers["content-range"]).toBe("bytes */10");
  });

  it("answer any range of an empty file with 416, and the file itself with nothing", async () => {
    expect((await raw(server, "GET", `${DAV}/empty`, { headers: { range: "bytes=0-" } })).status).toBe(416);
    expect(await raw(server, "GET", `${DAV}/empty`)).toMatchObject({ status: 200, text: "" });
  });

  it.each(["bytes=3-1", "bytes=a-b", "items=0-1", "bytes=-", "bytes=0-1,4-3", "bytes 0-1", "0-1"])(
    "answer %s with the whole file",
    async (range) => {
      expect(await get({ range })).toMatchObject({ status: 200, text: "0123456789" });
    },
  );

  it.each([
    ["bytes=0-1, 4-5,-1", ["0-1", "01"], ["4-5", "45"], ["9-9", "9"]],
    ["bytes=8-,0-2", ["8-9", "89"], ["0-2", "012"]],
    ["bytes=0-0,20-30,2-2", ["0-0", "0"], ["2-2", "2"]],
  ])("answer %s with a part for each range", async (range, ...expected) => {
    const reply = await get({ range });
    expect(reply.status).toBe(206);
    expect(reply.headers["content-range"]).toBeUndefined();
    expect(reply.headers["content-length"]).toBe(String(reply.body.length));
    const boundary = /^multipart\/byteranges; boundary=([\da-f]+)$/.exec(String(reply.headers["content-type"]))?.[1];
    const parts = expected.map(
      ([bytes, text]) =>
        `--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${bytes}/10\r\n\r\n${text}\r\n`,
    );
    expect(reply.text).toBe(`${parts.join("")}--${boundary}--\r\n`);
  });

  it("answer ranges that overlap or touch with one", async () => {
    const reply = await get({ range: "bytes=2-4,0-2,5-6" });
    expect(reply).toMatchObject({ status: 206, text: "0123456" });
    expect(reply.headers["content-range"]).toBe("bytes 0-6/10");
  });

  it("answer a thousand ranges with the whole file", async () => {
    const range = `bytes=${Array.from({ length: 1_000 }, (_, index) => `${index % 10}-${index % 10}`).join(",")}`;
    expect(await get({ range })).toMatchObject({ status: 200, text: "0123456789" });
  });

  it("close the file whatever becomes of the request", async () => {
    const open = server.files.open;
    let held = 0;
    server.files.open = async (user, path) => {
      const file = await open(user, path);
      held += 1;
      return {
        ...file,
        close: async () => {
          held -= 1;
          await file.close();
        },
      };
    };
    const bigger = await raw(server, "PUT", `${DAV}/bigger`, { body: Buffer.alloc(5_000_000) });
    expect(bigger.status).toBe(201);
    await get({});
    await get({ "if-none-match": etag });
    await get({ "if-match": '"other"' });
    await get({ range: "bytes=99-" });
    await get({ range: "bytes=0-1,4-5" });
    const headers = { authorization: "Bearer s3cret", range: "bytes=0-2000000,3000000-" };
    for (const range of ["bytes=0-", "bytes=0-2000000,3000000-"]) {
      const gone = new AbortController();
      const response = await fetch(`${server.origin}${DAV}/bigger`, {
        headers: { ...headers, range },
        signal: gone.signal,
      });
      expect(response.status).toBe(206);
      gone.abort();
    }
    await expect.poll(() => held).toBe(0);
    const before = held;
    server.files.open = async () => {
      throw new Error("HEAD opens nothing");
    };
    expect((await get({}, "HEAD")).status).toBe(200);
    server.files.open = open;
    expect(before).toBe(0);
  });

  it("answer a range only if If-Range still holds", async () => {
    expect((await get({ range: "bytes=0-3", "if-range": etag })).status).toBe(206);
    expect((await get({ range: "bytes=0-3", "if-range": MODIFIED })).status).toBe(206);
    for (const other of ['"other"', `W/${etag}`, "Tue, 24 Nov 2026 09:59:59 GMT", "nonsense"]) {
      expect((await get({ range: "bytes=0-3", "if-range": other })).status).toBe(200);
    }
  });

  it("honour the conditions of RFC 9110 in their order", async () => {
    const later = "Tue, 24 Nov 2026 10:00:01 GMT";
    const earlier = "Tue, 24 Nov 2026 09:59:59 GMT";
    const statusOf = async (headers: Record<string, string>) => (await get(headers)).status;
    expect(await statusOf({ "if-none-match": etag })).toBe(304);
    expect(await statusOf({ "if-none-match": `"a", W/${etag}` })).toBe(304);
    expect(await statusOf({ "if-none-match": "*" })).toBe(304);
    expect(await statusOf({ "if-none-match": '"a"' })).toBe(200);
    expect(await statusOf({ "if-match": etag })).toBe(200);
    expect(await statusOf({ "if-match": `W/${etag}` })).toBe(412);
    expect(await statusOf({ "if-match": '"a"' })).toBe(412);
    expect(await statusOf({ "if-modified-since": MODIFIED })).toBe(304);
    expect(await statusOf({ "if-modified-since": earlier })).toBe(200);
    expect(await statusOf({ "if-modified-since": "nonsense" })).toBe(200);
    expect(await statusOf({ "if-unmodified-since": earlier })).toBe(412);
    expect(await statusOf({ "if-unmodified-since": later })).toBe(200);
    expect(await statusOf({ "if-none-match": '"a"', "if-modified-since": later })).toBe(200);
    expect(await statusOf({ "if-match": etag, "if-unmodified-since": earlier })).toBe(200);
    expect((await get({ "if-none-match": etag })).headers).toMatchObject({ etag });
  });

  it("change the entity tag with the content", async () => {
    await writeFile(`${server.home}/docs/changing`, "one");
    const before = (await raw(server, "HEAD", `${DAV}/changing`)).headers.etag;
    await raw(server, "PUT", `${DAV}/changing`, { body: "two" });
    expect((await raw(server, "HEAD", `${DAV}/changing`)).headers.etag).not.toBe(before);
  });

  it("refuse a folder with 405", async () => {
    const reply = await raw(server, "GET", `${DAV}/`);
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toContain("PROPFIND");
  });

  it("stream a file of 256 MiB at bounded memory, to a reader that is slow at first", async () => {
    const size = 256 * 1_048_576;
    const file = await open(`${server.home}/docs/big`, "w");
    await file.truncate(size);
    await file.close();
    const before = process.memoryUsage();
    let peak = 0;
    const response = await fetch(`${server.origin}${DAV}/big`, { headers: { authorization: "Bearer s3cret" } });
    const hash = createHash("sha256");
    await new Promise((resolve) => setTimeout(resolve, 300));
    for await (const chunk of response.body ?? []) {
      hash.update(chunk);
      const now = process.memoryUsage();
      peak = Math.max(peak, now.arrayBuffers - before.arrayBuffers);
    }
    expect(hash.digest("hex")).toBe("a6d72ac7690f53be6ae46ba88506bd97302a093f7108472bd9efc3cefda06484");
    expect(peak).toBeLessThan(128 * 1_048_576);
  }, 60_000);

  it("stop within a second of the share's end while they run", async () => {
    let closed = 0;
    server.fault = (_request, response) => {
      response.once("close", () => {
        closed = Date.now();
      });
      return false;
    };
    const response = await fetch(`${server.origin}${DAV}/big`, { headers: { authorization: "Bearer s3cret" } });
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(closed).toBe(0);
    server.shares.set("share-1", outgoingShare({ status: "revoked" }));
    const ended = Date.now();
    await expect.poll(() => closed, { timeout: 3_000, interval: 20 }).toBeGreaterThan(0);
    expect(closed - ended).toBeLessThan(1_000);
    const drain = async () => {
      while (!(await reader?.read())?.done);
    };
    await expect(drain()).rejects.toThrow();
    expect((await get({})).status).toBe(401);
    server.shares.set("share-1", outgoingShare());
  });
});
