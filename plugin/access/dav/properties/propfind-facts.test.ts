import { mkdir, writeFile } from "node:fs/promises";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostEntry } from "../../../ports/host.ts";
import { memoryTreeStore } from "../../memory-store.test-helper.ts";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../../share-server.test-helper.ts";

const DAV = "/ocm/dav/share-1";
const TREE = "files:alice";
const NAMES =
  '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:x="urn:x"><d:prop>_</d:prop></d:propfind>';
const prop = (names: string) => NAMES.replace("_", names);

describe("PROPFIND tells", () => {
  let server: ShareServer;
  beforeEach(async () => {
    server = await startShareServer();
    await mkdir(`${server.home}/docs/sub/inner`, { recursive: true });
    await writeFile(`${server.home}/docs/a.txt`, "a");
    await writeFile(`${server.home}/docs/sub/b.txt`, "b");
  });
  afterEach(() => server.close());

  const propfind = async (path: string, depth: string, body?: string, headers: Record<string, string> = {}) =>
    (await raw(server, "PROPFIND", DAV + path, { headers: { depth, ...headers }, ...(body ? { body } : {}) })).text;
  const note = (path: string, xml: string) =>
    server.store.notes.put({
      tree: TREE,
      path,
      version: 1,
      properties: [{ namespace: "urn:x", name: "color", xml }],
      checksum: null,
      updatedAt: 0,
    });
  const files = (count: number, start = 0): HostEntry[] =>
    Array.from({ length: count }, (_, index) => {
      const number = start + index;
      return { name: `file ${number}`, type: "file", size: number, modifiedAt: 0, etag: `e${number}` };
    });

  describe("quota", () => {
    it("where it is asked for by name, once for a listing, and not to allprop", async () => {
      const asked: string[] = [];
      server.files.quota = async (_user, path) => {
        asked.push(path);
        return { available: 12_345.6, used: 77 };
      };
      const both = prop("<d:quota-available-bytes/><d:quota-used-bytes/>");
      const text = await propfind("/", "1", both);
      const value =
        "<d:quota-available-bytes>12345</d:quota-available-bytes><d:quota-used-bytes>77</d:quota-used-bytes>";
      expect(text.split(value)).toHaveLength(4);
      expect(asked).toEqual(["/docs"]);
      expect(await propfind("/", "1")).not.toContain("quota");
      expect(asked).toHaveLength(1);
      const include =
        '<d:propfind xmlns:d="DAV:"><d:allprop/><d:include><d:quota-available-bytes/></d:include></d:propfind>';
      expect(await propfind("/", "0", include)).toContain("<d:quota-available-bytes>12345<");
    });

    it("as missing where it is not known, in whatever way", async () => {
      const missing =
        "<d:propstat><d:prop><d:quota-available-bytes/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>";
      const asked = prop("<d:quota-available-bytes/><d:resourcetype/>");
      expect(await propfind("/", "0", asked)).toContain(missing);
      server.files.quota = async () => undefined;
      expect(await propfind("/", "0", asked)).toContain(missing);
      server.files.quota = async () => {
        throw new Error("quota service is down");
      };
      expect(await propfind("/", "0", asked)).toContain(missing);
      server.files.quota = async () => ({ available: Number.POSITIVE_INFINITY });
      expect(await propfind("/", "0", asked)).toContain(missing);
    });
  });

  it("which locks are possible, and which there are", async () => {
    const both = prop("<d:supportedlock/><d:lockdiscovery/>");
    const free = await propfind("/a.txt", "0", both);
    expect(free).toContain("<d:lockscope><d:exclusive/></d:lockscope>");
    expect(free).toContain("<d:lockdiscovery/>");
    const body =
      '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
    const lock = await raw(server, "LOCK", `${DAV}/a.txt`, { body });
    const listing = await propfind("/", "1", both);
    expect(listing.match(/<d:activelock>/g)).toHaveLength(1);
    expect(listing).toContain(String(lock.headers["lock-token"]).slice(1, -1));
    expect(await propfind("/", "1")).toContain("<d:activelock>");
    server.shares.set("share-1", outgoingShare({ permissions: ["read"] }));
    expect(await propfind("/a.txt", "0", both)).toContain("<d:supportedlock/>");
  });

  it("dead properties, all to allprop, names to propname, and one to who names it", async () => {
    await note("/docs/a.txt", '<color xmlns="urn:x" a="1">red &amp; <b/></color>');
    await note("/docs", '<x:color xmlns:x="urn:x">folder</x:color>');
    const all = await propfind("/", "1");
    expect(all).toContain('<color xmlns="urn:x" a="1">red &amp; <b/></color>');
    expect(all).toContain('<x:color xmlns:x="urn:x">folder</x:color>');
    expect(XMLValidator.validate(all)).toBe(true);
    const names = await propfind("/a.txt", "0", '<d:propfind xmlns:d="DAV:"><d:propname/></d:propfind>');
    expect(names).toContain('<x:color xmlns:x="urn:x"/>');
    expect(names).not.toContain("red");
    const named = await propfind("/", "1", prop("<x:color/><d:displayname/>"));
    expect(named).toContain("red &amp;");
    expect(named.match(/<x:color xmlns:x="urn:x"\/><\/d:prop><d:status>HTTP\/1.1 404/g)).toHaveLength(1);
    expect(await propfind("/a.txt", "0", prop("<color xmlns='urn:other'/>"))).not.toContain("red");
  });

  it("an entity tag of a folder that covers its subtree, of each folder in a listing", async () => {
    const etags = async () => {
      const text = await propfind("/", "1", prop("<d:getetag/>"));
      return new Map([...text.matchAll(/<d:href>([^<]*)<.*?<d:getetag>([^<]*)</g)].map(([, href, tag]) => [href, tag]));
    };
    const before = await etags();
    await raw(server, "PUT", `${DAV}/sub/inner/new.txt`, { body: "new" });
    const after = await etags();
    expect(after.get(`${DAV}/`)).not.toBe(before.get(`${DAV}/`));
    expect(after.get(`${DAV}/sub/`)).not.toBe(before.get(`${DAV}/sub/`));
    expect(after.get(`${DAV}/a.txt`)).toBe(before.get(`${DAV}/a.txt`));
    expect(after.get(`${DAV}/sub/`)).toMatch(/^"[^"]+"$/);
  });

  it("what it was asked for with a few questions to the store, whatever the size of the folder", async () => {
    server.files.list = async function* () {
      for (let start = 0; start < 5_000; start += 64) yield files(64, start);
      yield files(2_500, 10_000);
    };
    const store = memoryTreeStore();
    server.store = store;
    const { questions } = store;
    // The first answer looks at the folder once more than those that follow.
    await propfind("/", "0");
    for (const name of Object.keys(questions)) questions[name] = 0;
    await propfind("/", "1");
    expect(questions["notes.of"]).toBeLessThanOrEqual(31);
    expect(questions["locks.get"]).toBe(1);
    expect(questions["marks.of"]).toBe(1);
    for (const name of Object.keys(questions)) questions[name] = 0;
    const asked = prop("<d:displayname/><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/>");
    const text = await propfind("/", "1", asked);
    expect(text.match(/<d:response>/g)).toHaveLength(5_056 + 2_500 + 1);
    expect(questions).toEqual({ "notes.of": 0, "locks.get": 0, "marks.of": 1 });
  });

  it("100,000 entries as they are read: the first within 100 ms, and never many of them at once", async () => {
    let yielded = 0;
    let open = false;
    server.files.list = async function* () {
      open = true;
      try {
        for (yielded = 0; yielded < 100_000; yielded += 100) {
          yield files(100, yielded);
          // As a disk does, so that other requests have their turn.
          if (yielded % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        open = false;
      }
    };
    // The code is loaded, and the first look at the folder is over.
    await propfind("/", "0");
    const begin = async () => {
      const begun = performance.now();
      const response = await fetch(`${server.origin}${DAV}/`, {
        method: "PROPFIND",
        headers: { authorization: "Bearer s3cret", depth: "1" },
      });
      const reader = response.body?.getReader();
      const first = await reader?.read();
      return { reader, first, waited: performance.now() - begun };
    };
    let { reader, first, waited } = await begin();
    // On a busy machine somebody else may have had the processor.
    for (let again = 0; waited >= 100 && again < 4; again++) {
      await reader?.cancel();
      ({ reader, first, waited } = await begin());
    }
    expect(first?.value?.length).toBeGreaterThan(0);
    expect(yielded).toBeLessThan(50_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // Nobody reads, so nobody writes.
    const held = yielded;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(yielded).toBe(held);
    expect(held).toBeLessThan(50_000);
    expect(waited).toBeLessThan(100);
    let responses = 0;
    const decoder = new TextDecoder();
    let text = decoder.decode(first?.value, { stream: true });
    let peak = 0;
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      peak = Math.max(peak, process.memoryUsage().heapUsed);
      text += decoder.decode(piece.value, { stream: true });
      responses += text.split("</d:response>").length - 1;
      text = text.slice(text.lastIndexOf("</d:response>") + 13);
    }
    expect(responses).toBe(100_001);
    expect(text).toBe("</d:multistatus>");
    expect(peak).toBeLessThan(400 * 1_048_576);
    expect(open).toBe(false);
  }, 60_000);

  it("a real folder of 3,000 files whole", async () => {
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => writeFile(`${server.home}/docs/sub/${index}`, "")));
    const text = await propfind("/sub", "1");
    const { multistatus } = new XMLParser({ removeNSPrefix: true }).parse(text);
    const hrefs = multistatus.response.map(({ href }: { href: string }) => href);
    expect(new Set(hrefs).size).toBe(3_003);
  });

  it("a short listing in one piece, with its length", async () => {
    const reply = await raw(server, "PROPFIND", `${DAV}/`, { headers: { depth: "1" } });
    expect(reply.headers["content-length"]).toBe(String(reply.body.length));
    expect(reply.headers.dav).toBe("1, 2");
  });
});
