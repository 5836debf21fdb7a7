import { mkdir, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type FileStat } from "webdav";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../../share-server.test-helper.ts";

const NAMES = [
  "a text.txt",
  "🦊.png",
  "100%.txt",
  "hash#tag",
  "what?",
  "a&b <c> \"d\" 'e'",
  "é".normalize("NFC"),
  "é".normalize("NFD"),
  "semi;colon+plus",
];
const DAV = "/ocm/dav/share-1";

function prop(names: string): string {
  return `<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop>${names}</d:prop></d:propfind>`;
}

describe("PROPFIND", () => {
  let server: ShareServer;

  beforeAll(async () => {
    server = await startShareServer();
    for (const name of NAMES) await writeFile(`${server.home}/docs/${name}`, name);
    await writeFile(`${server.home}/docs/back\\slash`, "not to be addressed");
    await mkdir(`${server.home}/docs/sub folder`);
    await writeFile(`${server.home}/docs/sub folder/inner.txt`, "inner");
    await writeFile(`${server.home}/secret.txt`, "outside");
  });
  afterAll(() => server.close());

  const propfind = (path: string, depth?: string, body?: string) =>
    raw(server, "PROPFIND", DAV + path, { headers: depth === undefined ? {} : { depth }, ...(body ? { body } : {}) });

  it("lists a folder to an independent client, every name as it is stored", async () => {
    const client = createClient(server.origin + DAV, { headers: { authorization: "Bearer s3cret" } });
    const listed = (await client.getDirectoryContents("/")) as FileStat[];
    expect(listed.map(({ basename }) => basename).sort()).toEqual([...NAMES, "sub folder"].sort());
    expect(listed.find(({ basename }) => basename === "sub folder")?.type).toBe("directory");
    const inner = (await client.getDirectoryContents("/sub folder")) as FileStat[];
    expect(inner).toMatchObject([{ basename: "inner.txt", size: 5, type: "file", mime: "text/plain" }]);
  });

  it("is well-formed XML whose first response is the folder itself, with path-only hrefs below the asked path", async () => {
    const reply = await propfind("/", "1");
    expect(reply.status).toBe(207);
    expect(reply.headers["content-type"]).toBe('application/xml; charset="utf-8"');
    expect(XMLValidator.validate(reply.text)).toBe(true);
    const hrefs = [...reply.text.matchAll(/<d:href>([^<]*)<\/d:href>/g)].map(([, href]) => href);
    expect(hrefs[0]).toBe(`${DAV}/`);
    expect(hrefs).toHaveLength(NAMES.length + 2);
    expect(hrefs).toContain(`${DAV}/sub%20folder/`);
    expect(hrefs).toContain(`${DAV}/100%25.txt`);
    expect(hrefs.every((href) => href?.startsWith(`${DAV}/`))).toBe(true);
  });

  it("of depth 0 has exactly one response, for a folder and for a file", async () => {
    for (const path of ["", "/", "/sub%20folder", "/a%20text.txt"]) {
      const reply = await propfind(path, "0");
      expect(reply.text.match(/<d:response>/g)).toHaveLength(1);
    }
  });

  it("without a Depth header gives one level", async () => {
    const reply = await propfind("/sub%20folder/");
    expect(reply.text.match(/<d:response>/g)).toHaveLength(2);
  });

  it("of depth infinity is refused with its precondition, and any other depth as malformed", async () => {
    const reply = await propfind("/", "infinity");
    expect(reply.status).toBe(403);
    expect(reply.text).toContain("<d:propfind-finite-depth/>");
    expect((await propfind("/", "2")).status).toBe(400);
  });

  it("tells only the properties that were asked for, the unknown ones in a propstat with 404 after the one with 200", async () => {
    const reply = await propfind(
      "/a%20text.txt",
      "0",
      prop("<d:getcontentlength/><d:creationdate/><x xmlns='urn:x'/>"),
    );
    expect(reply.text).toContain(
      "<d:propstat><d:prop><d:getcontentlength>10</d:getcontentlength></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>" +
        '<d:propstat><d:prop><d:creationdate/><x:x xmlns:x="urn:x"/></d:prop>' +
        "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>",
    );
  });

  it("tells no length and no type of a folder, and an empty resourcetype of a file", async () => {
    const asked = prop("<d:resourcetype/><d:getcontentlength/><d:getcontenttype/>");
    const folder = await propfind("/", "0", asked);
    expect(folder.text).toContain("<d:resourcetype><d:collection/></d:resourcetype></d:prop>");
    expect(folder.text).toContain("<d:getcontentlength/><d:getcontenttype/></d:prop><d:status>HTTP/1.1 404");
    const file = await propfind("/a%20text.txt", "0", asked);
    expect(file.text).toContain("<d:resourcetype/>");
    expect(file.text).toContain("<d:getcontenttype>text/plain</d:getcontenttype>");
  });

  it("tells permissions in letters and bits that say the same", async () => {
    const asked =
      '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:ocs="http://open-collaboration-services.org/ns">' +
      "<d:prop><oc:permissions/><ocs:share-permissions/></d:prop></d:propfind>";
    const told = async (permissions: ("read" | "write" | "share")[], path: string) => {
      server.shares.set("share-1", outgoingShare({ permissions }));
      const { text } = await propfind(path, "0", asked);
      server.shares.set("share-1", outgoingShare());
      return text.match(/<oc:permissions\/?>([A-Z]*)(?:<\/oc:permissions>)?<ocs:share-permissions>(\d+)</)?.slice(1);
    };
    expect(await told(["read"], "/")).toEqual(["", "1"]);
    expect(await told(["read", "write"], "/")).toEqual(["DNVCK", "15"]);
    expect(await told(["read", "write", "share"], "/a%20text.txt")).toEqual(["RDNVW", "27"]);
  });

  it.each([
    ["no body", undefined],
    ["an empty propfind", '<d:propfind xmlns:d="DAV:"/>'],
    ["an empty prop", '<propfind xmlns="DAV:"><prop/></propfind>'],
    ["allprop in no namespace", "<d:propfind xmlns:d='DAV:'><allprop/></d:propfind>"],
    ["allprop", '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'],
  ])("takes %s for everything", async (_what, body) => {
    const reply = await propfind("/a%20text.txt", "0", body);
    expect(reply.status).toBe(207);
    for (const name of ["d:getetag", "d:getlastmodified", "oc:permissions", "oc:size", "oc:fileid", "d:displayname"]) {
      expect(reply.text).toContain(`<${name}>`);
    }
    const folder = await propfind("/", "0", body);
    expect(folder.text).toContain("<d:collection/>");
    expect(reply.text + folder.text).not.toContain("404");
  });

  it("answers propname with names alone", async () => {
    const reply = await propfind("/a%20text.txt", "0", '<d:propfind xmlns:d="DAV:"><d:propname/></d:propfind>');
    expect(reply.text).toContain("<d:getetag/>");
    expect(reply.text).not.toContain("</d:getetag>");
  });

  it.each([
    ["not closed", '<d:propfind xmlns:d="DAV:"><d:prop>'],
    ["another element", '<d:lockinfo xmlns:d="DAV:"/>'],
    ["no namespace", "<propfind/>"],
    ["an undeclared prefix", '<d:propfind xmlns:d="DAV:"><d:prop><x:y/></d:prop></d:propfind>'],
    ["a document type", '<!DOCTYPE a [<!ENTITY b "c">]><d:propfind xmlns:d="DAV:"/>'],
    ["two roots", '<d:propfind xmlns:d="DAV:"/><d:propfind xmlns:d="DAV:"/>'],
    ["text", "hello"],
    ["a reserved name", '<d:propfind xmlns:d="DAV:"><d:prop><__proto__/></d:prop></d:propfind>'],
    [
      "bytes that are not UTF-8",
      Buffer.from('<d:propfind xmlns:d="DAV:">\xff</d:propfind>', "latin1").toString("latin1"),
    ],
    ["300 properties", prop(Array.from({ length: 300 }, (_, index) => `<d:p${index}/>`).join(""))],
  ])("refuses %s with 400", async (what, body) => {
    const bytes = what.startsWith("bytes") ? Buffer.from(body, "latin1") : Buffer.from(body);
    const reply = await raw(server, "PROPFIND", `${DAV}/`, { headers: { depth: "0" }, body: bytes });
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("<s:exception>bad-request</s:exception>");
  });

  it("refuses a body of more than 64 KiB with 413, chunked too, and goes on", async () => {
    const reply = await raw(server, "PROPFIND", `${DAV}/`, { body: `<!--${"x".repeat(200_000)}-->` });
    expect(reply.status).toBe(413);
    const chunked = await raw(server, "PROPFIND", `${DAV}/`, {
      headers: { "transfer-encoding": "chunked" },
      body: `<!--${"x".repeat(200_000)}-->`,
    });
    expect(chunked.status).toBe(413);
  });

  it("does not wait for the end of a body that is too long", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );
    expect((await raw(server, "PROPFIND", `${DAV}/`, { body: endless })).status).toBe(413);
    endless.destroy();
  });

  it("gives 404 for what is not there, 400 for what leads out, and never the outside", async () => {
    expect((await propfind("/none", "0")).status).toBe(404);
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/..%5csecret.txt",
      "/%2e%2e%2fsecret.txt",
    ]) {
      for (const method of ["PROPFIND", "GET", "PUT", "DELETE"]) {
        const reply = await raw(server, method, DAV + path);
        expect(reply.status).toBe(400);
      }
    }
  });

  it("streams a folder of 20,000 entries, the first of it before the folder has been read", async () => {
    let yielded = 0;
    const list = server.files.list;
    server.files.list = async function* () {
      for (; yielded < 20_000; yielded += 1) {
        const name = `file ${yielded}`;
        yield [{ name, type: "file", size: yielded, modifiedAt: 0, etag: `e${yielded}` }];
      }
    };
    const response = await fetch(`${server.origin}${DAV}/`, {
      method: "PROPFIND",
      headers: { authorization: "Bearer s3cret" },
    });
    expect(yielded).toBeLessThan(10_000);
    const text = await response.text();
    server.files.list = list;
    expect(XMLValidator.validate(text)).toBe(true);
    const { multistatus } = new XMLParser({ removeNSPrefix: true }).parse(text);
    expect(multistatus.response).toHaveLength(20_001);
  });

  it("ends the folder's iteration when the client goes away", async () => {
    let over = false;
    const list = server.files.list;
    server.files.list = async function* () {
      try {
        for (let index = 0; ; index += 1)
          yield [{ name: `f${index}`, type: "file", size: 0, modifiedAt: 0, etag: "e" }];
      } finally {
        over = true;
      }
    };
    const aborted = new AbortController();
    const headers = { authorization: "Bearer s3cret" };
    const response = await fetch(`${server.origin}${DAV}/`, { method: "PROPFIND", headers, signal: aborted.signal });
    await response.body?.getReader().read();
    aborted.abort();
    await expect.poll(() => over).toBe(true);
    server.files.list = list;
  });

  it("answers a broken folder with a status as long as nothing was sent", async () => {
    const list = server.files.list;
    server.files.list = async function* () {
      yield* [];
      throw new Error("disk on fire");
    };
    expect((await propfind("/", "1")).status).toBe(500);
    server.files.list = list;
  });
});

describe("a shared file", () => {
  let server: ShareServer;

  beforeAll(async () => {
    server = await startShareServer(
      outgoingShare({ resourceType: "file", path: "/docs/real name.txt", name: "My file.txt" }),
    );
    await writeFile(`${server.home}/docs/real name.txt`, "content");
    await writeFile(`${server.home}/docs/other.txt`, "other");
  });
  afterAll(() => server.close());

  it.each(["", "/", "/My%20file.txt", "/real%20name.txt"])("answers at <uri>%s", async (path) => {
    const listing = await raw(server, "PROPFIND", DAV + path, { headers: { depth: "1" } });
    expect(listing.status).toBe(207);
    expect(listing.text.match(/<d:href>([^<]*)</)?.[1]).toBe(DAV + path);
    expect(listing.text).toContain("<d:displayname>My file.txt</d:displayname>");
    expect((await raw(server, "GET", DAV + path)).text).toBe("content");
    expect((await raw(server, "PUT", DAV + path, { body: "content" })).status).toBe(204);
  });

  it("has nothing else below it, and can be neither moved nor removed", async () => {
    for (const path of ["/other.txt", "/My%20file.txt/x", "/docs"]) {
      expect((await raw(server, "GET", DAV + path)).status).toBe(404);
      expect((await raw(server, "PUT", DAV + path, { body: "x" })).status).toBe(404);
    }
    expect((await raw(server, "DELETE", DAV)).status).toBe(403);
    expect((await raw(server, "MOVE", DAV, { headers: { destination: `${DAV}/x` } })).status).toBe(403);
    expect((await raw(server, "MKCOL", `${DAV}/`)).status).toBe(405);
  });

  it("is no longer there once a folder has taken its place", async () => {
    server.shares.set("share-1", outgoingShare({ resourceType: "file", path: "/docs" }));
    expect((await raw(server, "PROPFIND", DAV)).status).toBe(404);
    expect((await raw(server, "GET", DAV)).status).toBe(404);
    server.shares.set(
      "share-1",
      outgoingShare({ resourceType: "file", path: "/docs/real name.txt", name: "My file.txt" }),
    );
  });
});
