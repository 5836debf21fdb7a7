import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ShareServer } from "../access/share-server.test-helper.ts";
import { hrefs, methods, responseOf, type World, worldWithAlice } from "./dav-remote.test-helper.ts";

let world: World;
let alice: ShareServer;

beforeEach(async () => {
  ({ world, alice } = await worldWithAlice());
});
afterEach(() => world.close());

const propfind = (path: string, depth?: string) => world.propfind(path, depth);

describe("a received folder in the tree", () => {
  beforeEach(() => void world.share(alice));

  it("is opened by exactly one PROPFIND at the owner", async () => {
    const { status, text } = await propfind("/Documents/");
    expect(status).toBe(207);
    expect(hrefs(text)[0]).toBe("/ocm/dav/remote/Documents/");
    expect(hrefs(text).toSorted()).toEqual([
      "/ocm/dav/remote/Documents/",
      "/ocm/dav/remote/Documents/a.txt",
      "/ocm/dav/remote/Documents/sub/",
    ]);
    const file = responseOf(text, "/ocm/dav/remote/Documents/a.txt");
    expect(file).toContain("<d:getcontentlength>11</d:getcontentlength>");
    expect(file).toMatch(/<d:getetag>(&quot;|")[^&"]+(&quot;|")<\/d:getetag>/);
    expect(file).toContain("<oc:permissions>DNVW</oc:permissions>");
    expect(methods(alice)).toEqual(["PROPFIND"]);
  });

  it("gives files with the owner's status, range and validators, without a change", async () => {
    const whole = await world.ask("GET", "/Documents/a.txt");
    expect(whole).toMatchObject({ status: 200, text: "hello world" });
    expect(whole.headers).toMatchObject({
      "content-length": "11",
      "accept-ranges": "bytes",
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
    });
    const { etag = "" } = whole.headers;
    expect(etag).toMatch(/^"[^"]+"$/);
    const part = await world.ask("GET", "/Documents/a.txt", { headers: { range: "bytes=6-8", "if-range": etag } });
    expect(part).toMatchObject({ status: 206, text: "wor", headers: { "content-range": "bytes 6-8/11", etag } });
    const other = await world.ask("GET", "/Documents/a.txt", { headers: { range: "bytes=6-8", "if-range": '"old"' } });
    expect(other).toMatchObject({ status: 200, text: "hello world" });
    const outside = await world.ask("GET", "/Documents/a.txt", { headers: { range: "bytes=50-" } });
    expect(outside).toMatchObject({ status: 416, text: "", headers: { "content-range": "bytes */11" } });
    const same = await world.ask("GET", "/Documents/a.txt", { headers: { "if-none-match": etag } });
    expect(same).toMatchObject({ status: 304, text: "", headers: { etag } });
    const changed = await world.ask("GET", "/Documents/a.txt", { headers: { "if-match": '"old"' } });
    expect(changed.status).toBe(412);
    const several = await world.ask("GET", "/Documents/a.txt", { headers: { range: "bytes=0-1,9-10" } });
    expect(several.status).toBe(206);
    expect(several.headers["content-type"]).toMatch(/^multipart\/byteranges; boundary=/);
    expect(several.text).toContain("bytes 9-10/11");
    expect(methods(alice)).toEqual(Array(7).fill("GET"));
  });

  it("answers HEAD without asking for the content", async () => {
    const head = await world.ask("HEAD", "/Documents/a.txt");
    expect(head).toMatchObject({ status: 200, text: "", headers: { "content-length": "11" } });
    expect(methods(alice)).toEqual(["HEAD"]);
    expect(await world.ask("HEAD", "/Documents/none")).toMatchObject({ status: 404, text: "" });
  });

  it("takes files, folders, moves, copies and removals, each by one request at the owner", async () => {
    const put = await world.ask("PUT", "/Documents/new.txt", { body: "one", headers: { "x-oc-mtime": "1767225600" } });
    expect(put.status).toBe(201);
    expect(put.headers.etag).toMatch(/^"[^"]+"$/);
    expect((await world.ask("PUT", "/Documents/new.txt", { body: "two" })).status).toBe(204);
    expect(await readFile(join(alice.home, "docs", "new.txt"), "utf8")).toBe("two");
    expect((await world.ask("MKCOL", "/Documents/sub/deep")).status).toBe(201);
    const to = (path: string, more = {}) => ({ headers: { destination: `${world.url}${path}`, ...more } });
    expect((await world.ask("MOVE", "/Documents/new.txt", to("/Documents/sub/n%20%25.txt"))).status).toBe(201);
    expect((await world.ask("COPY", "/Documents/sub/n%20%25.txt", to("/Documents/b.txt"))).status).toBe(201);
    expect((await world.ask("COPY", "/Documents/a.txt", to("/Documents/b.txt"))).status).toBe(204);
    expect((await world.ask("COPY", "/Documents/a.txt", to("/Documents/b.txt", { overwrite: "F" }))).status).toBe(412);
    expect((await world.ask("DELETE", "/Documents/sub/n%20%25.txt")).status).toBe(204);
    expect((await world.ask("DELETE", "/Documents/sub/")).status).toBe(204);
    expect(await readFile(join(alice.home, "docs", "b.txt"), "utf8")).toBe("hello world");
    const changing = methods(alice).filter((method) => method !== "PROPFIND");
    expect(changing).toEqual(["PUT", "PUT", "MKCOL", "MOVE", "COPY", "COPY", "COPY", "DELETE", "DELETE"]);
  });

  it("evaluates conditions that the owner's server is not asked for", async () => {
    const { etag = "" } = (await world.ask("GET", "/Documents/a.txt")).headers;
    const destination = `${world.url}/Documents/b.txt`;
    const before = { "if-unmodified-since": "Thu, 01 Jan 2015 00:00:00 GMT" };
    const old = { destination, "if-match": '"old"' };
    expect((await world.ask("MOVE", "/Documents/a.txt", { headers: old })).status).toBe(412);
    expect((await world.ask("COPY", "/Documents/a.txt", { headers: { destination, ...before } })).status).toBe(412);
    expect((await world.ask("PUT", "/Documents/a.txt", { headers: before, body: "x" })).status).toBe(412);
    expect((await world.ask("DELETE", "/Documents/a.txt", { headers: before })).status).toBe(412);
    expect((await world.ask("DELETE", "/Documents/a.txt", { headers: { "if-match": '"old"' } })).status).toBe(412);
    expect((await world.ask("MOVE", "/Documents/a.txt", { headers: { destination, "if-match": etag } })).status).toBe(
      201,
    );
  });

  it("copies a folder without what is in it, if that is asked for", async () => {
    await writeFile(join(alice.home, "docs", "sub", "inner.txt"), "x");
    const headers = { destination: `${world.url}/Documents/alone/`, depth: "0" };
    const copy = (more: object = {}) => world.ask("COPY", "/Documents/sub/", { headers: { ...headers, ...more } });
    expect((await copy()).status).toBe(201);
    expect(await readdir(join(alice.home, "docs", "alone"))).toEqual([]);
    await writeFile(join(alice.home, "docs", "alone", "other.txt"), "x");
    expect((await copy({ overwrite: "F" })).status).toBe(412);
    expect((await copy()).status).toBe(204);
    expect(await readdir(join(alice.home, "docs", "alone"))).toEqual([]);
  });

  it("says why something cannot be done", async () => {
    expect((await world.ask("GET", "/Documents/sub")).status).toBe(405);
    expect((await world.ask("GET", "/Documents")).status).toBe(405);
    const shallow = { destination: `${world.url}/Documents/other`, depth: "0" };
    expect((await world.ask("COPY", "/Documents/a.txt", { headers: shallow })).status).toBe(201);
    expect((await world.ask("DELETE", "/Documents/sub/#x")).status).toBe(400);
    expect((await world.ask("MKCOL", "/Documents/sub")).status).toBe(405);
    expect((await world.ask("MKCOL", "/Documents/none/sub")).status).toBe(409);
    expect((await world.ask("MKCOL", "/Documents")).status).toBe(405);
    expect((await world.ask("MKCOL", "/Documents/x", { body: "<x/>" })).status).toBe(415);
    expect((await world.ask("PUT", "/Documents/", { body: "x" })).status).toBe(405);
    expect(
      (await world.ask("PUT", "/Documents/x", { body: "x", headers: { "content-range": "bytes 0-0/2" } })).status,
    ).toBe(400);
    expect((await world.ask("PUT", "/Documents/a.txt", { body: "x", headers: { "if-match": '"old"' } })).status).toBe(
      412,
    );
    expect((await world.ask("PUT", "/Documents/a.txt", { body: "x", headers: { "if-none-match": "*" } })).status).toBe(
      412,
    );
    expect((await world.ask("DELETE", "/Documents/none")).status).toBe(404);
    expect((await world.ask("GET", "/Documents/..%2f..%2fx")).status).toBe(400);
    expect((await world.ask("GET", "/Documents/%2e%2e/x")).status).toBe(400);
    const to = (destination: string) => ({ headers: { destination } });
    expect((await world.ask("MOVE", "/Documents/sub", to(`${world.url}/Documents/sub/x`))).status).toBe(403);
    expect((await world.ask("MOVE", "/Documents/a.txt", to("http://other.example/ocm/dav/remote/x"))).status).toBe(403);
    expect((await world.ask("MOVE", "/Documents/a.txt", to("nonsense"))).status).toBe(400);
    world.share(alice, { name: "Other" });
    const between = await world.ask("MOVE", "/Documents/a.txt", to(`${world.url}/Other/a.txt`));
    expect(between.status).toBe(403);
    expect(between.text).toContain("within one share only");
    expect(await readFile(join(alice.home, "docs", "a.txt"), "utf8")).toBe("hello world");
  });

  it.each([
    [507, "No space left."],
    [413, "Too large."],
    [423, "It is locked."],
    [403, "You shall not."],
    [412, "It has changed."],
  ])("passes the owner's %i on, with its words", async (status, words) => {
    alice.fault = (request, response) => {
      if (request.method !== "PUT") return false;
      response.writeHead(status, { "content-type": "text/plain" }).end(words);
      return true;
    };
    const refused = await world.ask("PUT", "/Documents/a.txt", { body: "x" });
    expect(refused.status).toBe(status);
    expect(refused.text).toContain(words);
  });

  it("holds names with special characters", async () => {
    const names = ["100 % & more", "Zo\u00eb \u{1f600}", "zoe\u0308", "a+b;c=d#e?f", "'quoted' \"twice\"", "<tag>"];
    for (const name of names) {
      expect((await world.ask("PUT", `/Documents/${encodeURIComponent(name)}`, { body: name })).status).toBe(201);
    }
    const listed = hrefs((await propfind("/Documents/")).text).map((href) => decodeURIComponent(href));
    for (const name of names) {
      expect(listed).toContain(`/ocm/dav/remote/Documents/${name}`);
      expect((await world.ask("GET", `/Documents/${encodeURIComponent(name)}`)).text).toBe(name);
    }
  });

  it("is told under the address that the program wrote", async () => {
    world.share(alice, { name: "a (b)@c" });
    expect(hrefs((await propfind("/a%20%28b%29@c/")).text)).toEqual([
      "/ocm/dav/remote/a%20%28b%29@c/",
      expect.stringMatching("^/ocm/dav/remote/a%20%28b%29@c/"),
      expect.stringMatching("^/ocm/dav/remote/a%20%28b%29@c/"),
    ]);
  });

  it("is gone once the share has ended", async () => {
    world.shares.clear();
    expect((await propfind("/Documents/")).status).toBe(404);
  });
});

describe("a received file in the tree", () => {
  beforeEach(() => {
    world.share(
      alice,
      { name: "notes.txt", resourceType: "file", permissions: ["read", "write"] },
      { path: "/docs/a.txt", resourceType: "file", name: "a.txt" },
    );
  });

  it("is listed, read and written as a file", async () => {
    const { text } = await propfind("/notes.txt", "1");
    expect(hrefs(text)).toEqual(["/ocm/dav/remote/notes.txt"]);
    expect(text).toContain("<d:getcontentlength>11</d:getcontentlength>");
    expect((await world.ask("GET", "/notes.txt")).text).toBe("hello world");
    expect((await world.ask("PUT", "/notes.txt", { body: "new" })).status).toBe(204);
    expect(await readFile(join(alice.home, "docs", "a.txt"), "utf8")).toBe("new");
  });

  it("has nothing below it, and stays where it is", async () => {
    expect((await world.ask("GET", "/notes.txt/x")).status).toBe(404);
    expect((await world.ask("DELETE", "/notes.txt")).status).toBe(403);
    const headers = { destination: `${world.url}/other.txt` };
    expect((await world.ask("MOVE", "/notes.txt", { headers })).status).toBe(403);
  });
});

describe("a received folder that can only be read", () => {
  it("says so in each listing, and refuses changes before a byte goes to the owner", async () => {
    world.share(alice, { permissions: ["read"] });
    const { text } = await propfind("/Documents/");
    expect(text.match(/<oc:permissions[^>]*>[^<]*/g)).toEqual(Array(3).fill("<oc:permissions/>"));
    alice.seen.length = 0;
    for (const method of ["PUT", "MKCOL", "DELETE", "LOCK", "PROPPATCH"]) {
      expect((await world.ask(method, "/Documents/a.txt")).status).toBe(403);
    }
    expect(alice.seen).toEqual([]);
  });

  it("tells of single entries what the owner's server tells, but never more than the share permits", async () => {
    world.share(alice);
    const answer =
      '<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response><d:href>/ocm/dav/share-1/</d:href>' +
      "<d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype><oc:permissions>SRGDNVCK</oc:permissions>" +
      "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response><d:response><d:href>/ocm/dav/share-1/x</d:href>" +
      "<d:propstat><d:prop><d:resourcetype/><oc:permissions>G</oc:permissions></d:prop><d:status>HTTP/1.1 200 OK</d:status>" +
      "</d:propstat></d:response></d:multistatus>";
    alice.fault = (request, response) => {
      if (request.method !== "PROPFIND") return false;
      response.writeHead(207, { "content-type": "application/xml" }).end(answer);
      return true;
    };
    const { text } = await propfind("/Documents/");
    expect(responseOf(text, "/ocm/dav/remote/Documents/")).toContain("<oc:permissions>DNVCK</oc:permissions>");
    expect(responseOf(text, "/ocm/dav/remote/Documents/x")).toContain("<oc:permissions/>");
    expect(text).not.toMatch(/getetag|getlastmodified|getcontentlength/);
  });

  it("asks the owner where the permissions were not told", async () => {
    world.share(alice, { permissions: ["read"], form: "options" }, { legacyBasic: true });
    const { text } = await propfind("/Documents/");
    expect(text).toContain("<oc:permissions>DNVCK</oc:permissions>");
  });
});
