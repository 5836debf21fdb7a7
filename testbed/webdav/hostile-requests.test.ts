import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyFor, dav, statusOf } from "./dav-request.test-helper.ts";
import { plant } from "./files.test-helper.ts";
import { rawConnection } from "./socket.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

let world: DavWorld;
let share: DavShare;

beforeAll(async () => {
  world = await davWorld();
  await plant(world.home, { "secret.txt": "not shared", "other/private.txt": "not shared either" });
  share = await world.share(await folderOf(world, "folder"));
  await plant(share.disk, { "digits.txt": "0123456789", "sub/inner.txt": "inner" });
});
afterAll(() => world.close());

const METHODS = ["GET", "PROPFIND", "PUT", "MKCOL", "DELETE", "LOCK", "PROPPATCH"];

describe("A path", () => {
  it.each([
    ["dots", "/../secret.txt"],
    ["dots that are encoded", "/%2e%2e/secret.txt"],
    ["dots that are half encoded", "/.%2E/secret.txt"],
    ["dots behind a folder", "/sub/../../secret.txt"],
    ["a dot", "/./digits.txt"],
    ["an encoded slash", "/sub%2Finner.txt"],
    ["an encoded slash and dots", "/..%2fsecret.txt"],
    ["a backslash", "/sub\\inner.txt"],
    ["an encoded backslash and dots", "/..%5csecret.txt"],
    ["a NUL", "/digits.txt%00.png"],
    ["a line break", "/a%0d%0ab"],
    ["DEL", "/a%7fb"],
    ["bytes that are no UTF-8", "/%ff%fe"],
    ["an overlong form of a slash", "/..%c0%afsecret.txt"],
    ["half of a surrogate pair", "/%ed%a0%80"],
    ["a percent sign of its own", "/100%"],
    ["an encoding that is none", "/%zz"],
    ["empty segments", "/sub//inner.txt"],
  ])("with %s is refused, whatever the method", async (_name, path) => {
    for (const method of METHODS) {
      const { status, text } = await dav(share, method, path, bodyFor(method));
      expect([400, 403, 404], `${method} ${path}: ${status}`).toContain(status);
      expect(text).not.toContain("not shared");
    }
    expect(await readFile(join(world.home, "secret.txt"), "utf8")).toBe("not shared");
  });

  it("that is encoded twice is decoded once", async () => {
    await plant(share.disk, { "%2e%2e": "a file of this name" });
    expect((await dav(share, "GET", "/%252e%252e")).text).toBe("a file of this name");
  });

  it("of 10,000 characters is answered with 414", async () => {
    for (const long of [`/${"a".repeat(10_000)}`, "/ab".repeat(3334)]) {
      for (const method of METHODS) expect(await statusOf(share, method, long, bodyFor(method)), method).toBe(414);
    }
  });

  it("with a name that the file system cannot hold is refused when it is written, and not there when it is read", async () => {
    const long = `/${"n".repeat(300)}.txt`;
    expect(await statusOf(share, "PUT", long, { body: "x" })).toBe(400);
    expect(await statusOf(share, "MKCOL", long)).toBe(400);
    expect([400, 404]).toContain(await statusOf(share, "GET", long));
  });

  it("in another form of Unicode is another name", async () => {
    const [composed, decomposed] = ["/\u00e4.txt", "/a\u0308.txt"].map(encodeURI);
    expect(await statusOf(share, "PUT", composed ?? "", { body: "one" })).toBe(201);
    expect(await statusOf(share, "GET", decomposed ?? "")).toBe(404);
    expect(await statusOf(share, "PUT", decomposed ?? "", { body: "two" })).toBe(201);
    expect((await dav(share, "GET", composed ?? "")).text).toBe("one");
  });

  it("with a fragment is refused, so that a client that forgot to encode it removes nothing else", async () => {
    await plant(share.disk, { "kept/file.txt": "kept" });
    for (const path of ["/kept#fragment", "/kept/#fragment", "/#"]) {
      await using connection = await rawConnection(world.server.origin);
      connection.head(`DELETE ${share.path}${path}`, { Authorization: share.bearer });
      expect(await connection.status(), path).toBe(400);
    }
    expect(await readFile(join(share.disk, "kept/file.txt"), "utf8")).toBe("kept");
  });
});

describe("A destination", () => {
  it.each([
    ["on another server", () => "http://example.org/ocm/dav/x/y", 502],
    ["in another share", () => `${world.server.origin}/ocm/dav/other/y`, 403],
    ["outside of all shares", () => `${world.server.origin}/secret.txt`, 403],
    ["that climbs out", () => `${share.url}/../y`, 400],
    ["that climbs out in code", () => `${share.path}/%2e%2e/y`, 400],
    ["with an encoded slash", () => `${share.url}/a%2fb`, 400],
    ["of 10,000 characters", () => `${share.url}/${"a".repeat(10_000)}`, 414],
    ["that is none", () => "somewhere", 400],
    ["that is empty", () => "", 400],
    ["in a folder that is not there", () => `${share.url}/nowhere/y`, 409],
    ["that is the source", () => `${share.url}/digits.txt`, 403],
  ])("%s is refused", async (_name, destination, status) => {
    for (const method of ["MOVE", "COPY"]) {
      const answer = await dav(share, method, "/digits.txt", { headers: { destination: destination() } });
      // Servers that cannot reach a destination may say 502; a refusal is as good.
      const wanted = status === 502 ? [502, 403] : [status];
      expect(wanted, `${method}: ${answer.text}`).toContain(answer.status);
    }
    expect(await readFile(join(share.disk, "digits.txt"), "utf8")).toBe("0123456789");
  });

  it("inside of the source is refused, and so is one that holds it", async () => {
    await plant(share.disk, { "outer/inner/file.txt": "f" });
    for (const method of ["MOVE", "COPY"]) {
      const to = (path: string) => ({ headers: { destination: `${share.url}${path}` } });
      expect([403, 409]).toContain(await statusOf(share, method, "/outer", to("/outer/inner/again")));
      expect([403, 409]).toContain(await statusOf(share, method, "/outer/inner", to("/outer")));
    }
    expect(await readFile(join(share.disk, "outer/inner/file.txt"), "utf8")).toBe("f");
  });
});

describe("Preconditions", () => {
  let etag: string;

  beforeAll(async () => {
    await plant(share.disk, { "guarded.txt": "guarded" });
    etag = String((await dav(share, "HEAD", "/guarded.txt")).headers.etag);
  });

  const ask = (method: string, headers: Record<string, string>, path = "/guarded.txt") =>
    statusOf(share, method, path, { headers, ...bodyFor(method) });

  it("that contradict each other let nothing through", async () => {
    expect(await ask("PUT", { "if-match": "*", "if-none-match": "*" })).toBe(412);
    expect(await ask("PUT", { "if-match": "*", "if-none-match": "*" }, "/new.txt")).toBe(412);
    expect(await ask("DELETE", { "if-match": etag, "if-none-match": etag })).toBe(412);
    expect(await ask("PUT", { "if-match": `"no", W/${etag}` })).toBe(412);
  });

  it("are weighed in the order of RFC 9110: entity tags before dates", async () => {
    const [past, future] = ["Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"];
    expect(await ask("GET", { "if-match": etag, "if-unmodified-since": past })).toBe(200);
    expect(await ask("GET", { "if-unmodified-since": past })).toBe(412);
    expect(await ask("GET", { "if-none-match": '"no"', "if-modified-since": future })).toBe(200);
    expect(await ask("GET", { "if-none-match": etag, "if-modified-since": past })).toBe(304);
    expect(await ask("GET", { "if-match": '"no"', "if-none-match": etag })).toBe(412);
  });

  it("in the If header are about the state of a resource", async () => {
    expect(await ask("PUT", { if: "(<urn:uuid:00000000-0000-4000-8000-000000000000>)" })).toBe(412);
    expect(await ask("PUT", { if: '(["no"])' })).toBe(412);
    expect(await ask("PUT", { if: `(Not [${etag}])` })).toBe(412);
    expect(await ask("PUT", { if: '(["no"]) (Not <DAV:no-lock>)' })).toBe(204);
    etag = String((await dav(share, "HEAD", "/guarded.txt")).headers.etag);
    expect(await ask("PUT", { if: `([${etag}])` })).toBe(204);
    etag = String((await dav(share, "HEAD", "/guarded.txt")).headers.etag);
    expect(await ask("PUT", { if: `<${share.url}/guarded.txt> ([${etag}])` })).toBe(204);
    etag = String((await dav(share, "HEAD", "/guarded.txt")).headers.etag);
  });

  it("that cannot be read are refused", async () => {
    for (const value of ["(", "()", "nonsense", "(<urn:x>", "([no quotes])", "<http://x>", '(["a"]))']) {
      expect(await ask("PUT", { if: value }), value).toBe(400);
    }
  });

  it("of a great number are read soon", async () => {
    const from = performance.now();
    const many = { if: '(["no"])'.repeat(1500), "if-none-match": '"a",'.repeat(500) };
    expect([400, 412]).toContain(await ask("PUT", many));
    expect(performance.now() - from).toBeLessThan(1000);
  });

  it("about an entity tag of a folder hold until something in it changes", async () => {
    const before = String(
      /<d:getetag>([^<]*)/i.exec((await dav(share, "PROPFIND", "/sub", { headers: { depth: "0" } })).text)?.[1],
    );
    const tag = before.replaceAll("&quot;", '"');
    expect(await ask("PROPPATCH", { "if-match": '"no"' }, "/sub")).toBe(412);
    expect(await statusOf(share, "PUT", "/sub/inner.txt", { body: "changed" })).toBe(204);
    expect(await ask("DELETE", { "if-match": tag }, "/sub")).toBe(412);
  });
});

describe("Ranges", () => {
  const get = (range: string) => dav(share, "GET", "/digits.txt", { headers: { range } });

  it.each(["bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,5-2", "lines=0-1", "bytes 0-1", "bytes=0--1"])(
    "that are malformed (%s) are no ranges: the file comes whole",
    async (range) => {
      const { status, text } = await get(range);
      expect([200, 416], text).toContain(status);
      if (status === 200) expect(text).toBe("0123456789");
    },
  );

  it.each(["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=99999999999999999999-"])(
    "outside of the file (%s) are answered with 416",
    async (range) => {
      expect(await get(range)).toMatchObject({ status: 416, headers: { "content-range": "bytes */10" } });
    },
  );

  it("that overlap, go backwards or number a thousand cost no more than the file itself", async () => {
    const thousand = `bytes=${Array.from({ length: 1000 }, () => "0-").join(",")}`;
    for (const range of [thousand, "bytes=0-5,3-9,0-9", "bytes=8-9,4-5,0-1", "bytes=0-0,0-0,0-0,0-0"]) {
      const { status, text } = await get(range);
      expect([200, 206, 416]).toContain(status);
      expect(text.length, range.slice(0, 60)).toBeLessThan(1000);
    }
    // With a file of some size, many times the file would show.
    await plant(share.disk, { "large.bin": "x".repeat(100_000) });
    const large = await dav(share, "GET", "/large.bin", { headers: { range: thousand } });
    expect(large.text.length).toBeLessThan(200_000);
  });

  it("of an empty file cannot be", async () => {
    await plant(share.disk, { empty: "" });
    expect([200, 416]).toContain(await statusOf(share, "GET", "/empty", { headers: { range: "bytes=0-" } }));
    expect(await statusOf(share, "GET", "/empty")).toBe(200);
  });
});

describe("A symbolic link that was made after the share", () => {
  beforeAll(async () => {
    await mkdir(join(share.disk, "links"));
    await symlink(join(world.home, "secret.txt"), join(share.disk, "links/file"));
    await symlink(join(world.home, "other"), join(share.disk, "links/folder"));
    await symlink(dirname(world.home), join(share.disk, "links/above"));
  });

  it("is not listed", async () => {
    const { text } = await dav(share, "PROPFIND", "/links/", { headers: { depth: "1" } });
    expect(text.match(/<[a-z]+:response>/gi)).toHaveLength(1);
  });

  it("is not followed by any method", async () => {
    const above = `/links/above/${basename(world.home)}/secret.txt`;
    for (const path of ["/links/file", "/links/folder/private.txt", "/links/folder/", above]) {
      for (const method of ["GET", "PROPFIND", "DELETE", "PROPPATCH"]) {
        const { status, text } = await dav(share, method, path, bodyFor(method));
        expect([400, 403, 404], `${method} ${path}: ${text}`).toContain(status);
      }
      for (const method of ["PUT", "MKCOL", "LOCK"]) {
        const status = await statusOf(share, method, path, bodyFor(method));
        expect([400, 403, 404, 405, 409], `${method} ${path}`).toContain(status);
      }
      const headers = { destination: `${share.url}/copied` };
      for (const method of ["COPY", "MOVE"]) expect(await statusOf(share, method, path, { headers })).toBe(404);
    }
    expect(await readFile(join(world.home, "secret.txt"), "utf8")).toBe("not shared");
    expect(await readdir(join(world.home, "other"))).toEqual(["private.txt"]);
  });

  it("is not copied with its folder", async () => {
    const { status } = await dav(share, "COPY", "/links", { headers: { destination: `${share.url}/copy` } });
    expect(status).toBe(201);
    expect(await readdir(join(share.disk, "copy"))).toEqual([]);
  });

  it("in place of the shared folder itself ends access", async () => {
    const moved = await world.share(await folderOf(world, "moved"));
    await rm(moved.disk, { recursive: true });
    await symlink(join(world.home, "other"), moved.disk);
    expect(await statusOf(moved, "PROPFIND", "/")).toBe(404);
    expect(await statusOf(moved, "GET", "/private.txt")).toBe(404);
    expect([403, 404, 409]).toContain(await statusOf(moved, "PUT", "/new.txt", { body: "x" }));
    expect(await readdir(join(world.home, "other"))).toEqual(["private.txt"]);
  });
});

describe("A shared file", () => {
  it("answers at its address, with a slash and with its name, and at nothing else", async () => {
    await plant(world.home, { "single file.txt": "single" });
    const single = await world.share("/single file.txt");
    for (const path of ["", "/", "/single%20file.txt"]) {
      expect(await dav(single, "GET", path), path).toMatchObject({ status: 200, text: "single" });
      expect(await statusOf(single, "PROPFIND", path, { headers: { depth: "0" } })).toBe(207);
    }
    expect(await statusOf(single, "GET", "/secret.txt")).toBe(404);
    expect(await statusOf(single, "PUT", "/secret.txt", { body: "x" })).toBe(404);
    expect(await statusOf(single, "PUT", "", { body: "written" })).toBe(204);
    expect(await readFile(single.disk, "utf8")).toBe("written");
    await writeFile(single.disk, "single");
    await utimes(single.disk, 1, 1);
  });
});
