import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakePeer } from "../../access/remote/fake-peer.test-helper.ts";
import { receiver } from "../../access/remote/peer-client.test-helper.ts";
import type { ReceivedSharesApi, RemoteFile } from "../../api.ts";
import { OcmError } from "../../protocol/errors.ts";
import { errorReply } from "../answer.ts";
import { attachment } from "./download.ts";
import { AT, ask, entry, read, receivedShare, routesOf, streamOf } from "./user-api.test-helper.ts";

const CONTENT = "/api/v1/shares/received/r1/content";

const whole = (): RemoteFile => ({
  status: 200,
  headers: { "content-length": "5", "content-type": "text/plain", etag: '"v1"', "last-modified": "Tue" },
  body: streamOf("hello"),
});
const part = (): RemoteFile => ({
  status: 206,
  headers: { "content-length": "2", "content-range": "bytes 1-2/5", etag: '"v1"' },
  body: streamOf("el"),
});

/** Answers each read with the next of these, and remembers what was asked. */
function reading(...files: RemoteFile[]) {
  const asked: Parameters<ReceivedSharesApi["read"]>[] = [];
  const routes = routesOf({
    received: {
      get: async () => receivedShare,
      read: async (...args) => {
        asked.push(args);
        const file = files.shift();
        if (!file) throw new Error("There was one read too many.");
        return file;
      },
    },
  });
  return { asked, routes };
}

describe("downloading from a received share", () => {
  it("streams the file with headers that let no browser run it", async () => {
    const { routes, asked } = reading(whole());
    const reply = await ask(routes, "GET", `${CONTENT}/sub/h%C3%A9%22.txt`);
    expect(asked[0]?.slice(0, 3)).toEqual(["alice", "r1", 'sub/hé".txt']);
    expect(asked[0]?.[3]).toMatchObject({ secondFactor: true, requestId: "request-1" });
    expect(reply.status).toBe(200);
    expect(reply.headers).toEqual({
      "content-length": "5",
      "content-type": "text/plain",
      etag: '"v1"',
      "last-modified": "Tue",
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache",
      "content-disposition": `attachment; filename="h__.txt"; filename*=UTF-8''h%C3%A9%22.txt`,
      "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
    expect(await read(reply.body)).toBe("hello");
  });

  it("names a share of a single file by the share's own name", async () => {
    const reply = await ask(reading(whole()).routes, "GET", CONTENT);
    expect(reply.headers?.["content-disposition"]).toBe('attachment; filename="notes.txt"');
  });

  it.each([
    "text/html",
    "text/javascript; charset=utf-8",
    "application/x-ECMAScript",
    "image/svg+xml",
    "text/css",
    "application/xml",
    "nonsense",
    "text/plain\r\nx: y",
    undefined,
  ])("does not pass on the type %j", async (type) => {
    const file = { ...whole(), headers: { "content-type": type } };
    const reply = await ask(reading(file).routes, "GET", `${CONTENT}/a`);
    expect(reply.headers?.["content-type"]).toBe("application/octet-stream");
  });

  it.each(["image/png", "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"])(
    "passes on the type %s",
    async (type) => {
      const file = { ...whole(), headers: { "content-type": type } };
      const reply = await ask(reading(file).routes, "GET", `${CONTENT}/a`);
      expect(reply.headers?.["content-type"]).toBe(type);
    },
  );

  it("passes on one range, and asks for the whole where there are several", async () => {
    const { routes, asked } = reading(part(), whole());
    const reply = await ask(routes, "GET", `${CONTENT}/a`, { headers: { range: "bytes=1-2" } });
    expect(reply).toMatchObject({ status: 206, headers: { "content-range": "bytes 1-2/5", "content-length": "2" } });
    expect(asked[0]?.[3].range).toBe("bytes=1-2");
    const several = await ask(routes, "GET", `${CONTENT}/a`, { headers: { range: "bytes=0-1,3-4" } });
    expect(several.status).toBe(200);
    expect(asked[1]?.[3].range).toBeUndefined();
  });

  it("resumes with If-Range where the file is still the same", async () => {
    const { routes, asked } = reading(part());
    const headers = { range: "bytes=1-2", "if-range": '"v1"' };
    expect((await ask(routes, "GET", `${CONTENT}/a`, { headers })).status).toBe(206);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.[3]).toMatchObject({ range: "bytes=1-2", ifRange: '"v1"' });
  });

  it.each(['W/"v1"', "Tue, 24 Nov 2026 12:00:00 GMT"])("asks for the whole file for If-Range: %s", async (ifRange) => {
    const { routes, asked } = reading(whole());
    const reply = await ask(routes, "GET", `${CONTENT}/a`, { headers: { range: "bytes=1-2", "if-range": ifRange } });
    expect(await read(reply.body)).toBe("hello");
    expect(asked[0]?.[3].range).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it.each([part(), { ...part(), status: 416 as const, headers: {} }])(
    "gives the whole file where the owner's server does not know If-Range: never a part of another version",
    async (other) => {
      const { routes, asked } = reading(other, whole());
      const headers = { range: "bytes=1-2", "if-range": '"v0"' };
      const reply = await ask(routes, "GET", `${CONTENT}/a`, { headers });
      expect(await read(reply.body)).toBe("hello");
      expect(reply.status).toBe(200);
      expect(asked[1]?.[3].range).toBeUndefined();
      expect(other.body.destroyed).toBe(true);
    },
  );

  it("answers 304 without a body", async () => {
    const file: RemoteFile = { status: 304, headers: { etag: '"v1"' }, body: streamOf("") };
    const { routes, asked } = reading(file);
    const reply = await ask(routes, "GET", `${CONTENT}/a`, { headers: { "if-none-match": '"v1"' } });
    expect(reply).toMatchObject({ status: 304, body: null, headers: { etag: '"v1"' } });
    expect(reply.headers).not.toHaveProperty("content-type");
    expect(asked[0]?.[3].ifNoneMatch).toBe('"v1"');
  });

  it("answers 416 with the size that there is, and lets go of the stream even if it complains", async () => {
    const body = new PassThrough({
      destroy: (_error, done) => done(new Error("cut short")),
    });
    const file: RemoteFile = { status: 416, headers: { "content-range": "bytes */5" }, body };
    const reply = await ask(reading(file).routes, "GET", `${CONTENT}/a`, { headers: { range: "bytes=9-" } });
    expect(reply).toMatchObject({
      status: 416,
      headers: { "content-range": "bytes */5" },
      body: { code: "range-invalid", requestId: "request-1" },
    });
    await new Promise((resolve) => body.once("close", resolve));
  });
});

describe("HEAD of a received file", () => {
  const stat = (found: Partial<typeof entry>) =>
    routesOf({ received: { get: async () => receivedShare, stat: async () => ({ ...entry, ...found }) } });

  it("answers from the entry, without a request for the content", async () => {
    const reply = await ask(stat({}), "HEAD", `${CONTENT}/a.txt`);
    expect(reply).toMatchObject({
      status: 200,
      body: null,
      headers: {
        "content-length": "5",
        "content-type": "text/plain",
        etag: '"v1"',
        "last-modified": new Date(AT).toUTCString(),
        "content-disposition": 'attachment; filename="a.txt"',
        "accept-ranges": "bytes",
      },
    });
  });

  it.each([
    ['"v1"', 304],
    ['W/"v1"', 304],
    ['"v0", "v1"', 304],
    ["*", 304],
    ['"v0"', 200],
    ["v1", 200],
  ])("with If-None-Match: %s is %i", async (list, status) => {
    const reply = await ask(stat({}), "HEAD", `${CONTENT}/a.txt`, { headers: { "if-none-match": list } });
    expect(reply.status).toBe(status);
  });

  it("is not found for a folder", async () => {
    const asked = ask(stat({ type: "folder" }), "HEAD", `${CONTENT}/a`);
    await expect(asked).rejects.toMatchObject({ code: "resource-missing" });
  });

  it("leaves out what the other server does not tell, or tells in a way that no header can carry", async () => {
    const unknown = { size: null, modifiedAt: null, etag: "a\nb", mediaType: null };
    const { headers } = await ask(stat(unknown), "HEAD", `${CONTENT}/a`);
    expect(Object.keys(headers ?? {})).not.toEqual(expect.arrayContaining(["content-length"]));
    expect(headers).not.toHaveProperty("etag");
    expect(headers).not.toHaveProperty("last-modified");
  });
});

describe("writing to a received share", () => {
  it("streams the body through, with its conditions", async () => {
    const written: unknown[] = [];
    const routes = routesOf({
      received: {
        write: async (user, id, path, content, context) => {
          written.push(user, id, path, await read(content), context);
          return { etag: "v2", created: false, timeAccepted: false };
        },
      },
    });
    const headers = {
      "content-length": "5",
      "content-type": "text/plain",
      "if-match": '"v1"',
      "if-none-match": "*",
    };
    const reply = await ask(routes, "PUT", `${CONTENT}/a/b`, { content: "hello", headers });
    expect(reply).toEqual({ status: 204, headers: { etag: '"v2"' }, body: null });
    expect(written).toMatchObject([
      "alice",
      "r1",
      "a/b",
      "hello",
      {
        ifMatch: '"v1"',
        ifNoneMatch: "*",
        size: 5,
        mediaType: "text/plain",
        secondFactor: true,
        requestId: "request-1",
      },
    ]);
  });

  it("answers 201 for a new file, also for a share of one file", async () => {
    const paths: string[] = [];
    const routes = routesOf({
      received: {
        write: async (_user, _id, path) => {
          paths.push(path);
          return { etag: null, created: true, timeAccepted: false };
        },
      },
    });
    expect(await ask(routes, "PUT", CONTENT, { content: "" })).toEqual({ status: 201, headers: {}, body: null });
    expect(paths).toEqual([""]);
  });

  it.each([
    [{ "content-range": "bytes 0-4/9" }, "bad-request"],
    [{ "content-encoding": "gzip" }, "unsupported-media-type"],
  ])("refuses %j rather than write something else", async (headers, code) => {
    await expect(ask(routesOf(), "PUT", `${CONTENT}/a`, { content: "x", headers })).rejects.toMatchObject({ code });
  });
});

describe("a refusal of the owner's server", () => {
  it.each([
    [507, "no-space"],
    [413, "too-large"],
    [423, "locked"],
    [403, "forbidden"],
    [409, "conflict"],
    [412, "precondition-failed"],
  ])("reaches the person as the same status %i, with the owner's text", async (status, code) => {
    const peer = await startFakePeer();
    const bob = receiver(peer, { user: "alice", id: "r1" }, { capabilities: [] });
    onTestFinished(() => bob.close());
    peer.instead = (_request, response) => !!response.writeHead(status, { "content-type": "text/plain" }).end("Full.");
    const received = { write: bob.access.write, remove: bob.access.remove, mkdir: bob.access.mkdir };
    const routes = routesOf({ received });
    const attempts = [
      () => ask(routes, "PUT", `${CONTENT}/a`, { content: "hello", headers: { "content-length": "5" } }),
      () => ask(routes, "DELETE", `${CONTENT}/a`, { headers: { "if-match": '"v1"' } }),
      () => ask(routes, "POST", "/api/v1/shares/received/r1/folders/new"),
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((reason) => reason);
      expect(error).toMatchObject({ code, status });
      if (!(error instanceof OcmError)) throw error;
      const reply = errorReply(error, "request-1");
      expect(reply).toMatchObject({ status, body: { code, message: expect.stringMatching(/It says: Full\.$/) } });
    }
    expect(peer.fields.some((fields) => fields["if-match"] === '"v1"')).toBe(true);
  });
});

describe("a file name in Content-Disposition", () => {
  it("is safe in a header and comes back as it was, for every name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (name) => {
        const value = attachment(name);
        const match = /^attachment; filename="([^"\\]*)"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*))?$/.exec(
          value,
        );
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(match).not.toBeNull();
        expect(match?.[2] === undefined ? match?.[1] : decodeURIComponent(match[2])).toBe(name);
      }),
    );
  });

  it("survives a name that is not well-formed Unicode", () => {
    expect(attachment("a\ud800")).toBe(`attachment; filename="a_"; filename*=UTF-8''a%EF%BF%BD`);
  });
});
