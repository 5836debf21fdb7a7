import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OcmError } from "../../protocol/errors.ts";
import { escapeXml } from "../xml.ts";
import { childEntries, takeApart } from "./listing.ts";
import { readMultistatus } from "./multistatus.ts";

const turns = { soon: () => new Promise<void>((resolve) => setImmediate(resolve)) };

function parse(text: string, pieceLength = 1_000_000) {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) pieces.push(bytes.subarray(at, at + pieceLength));
  return readMultistatus(Readable.from(pieces), turns);
}

async function listed(text: string, requested: string) {
  const listing = takeApart(await parse(text), requested.split("/").filter(Boolean));
  return [...(await childEntries(listing.children, "", turns)).values()].map(
    ({ name, type, size }) => `${name} ${type} ${size}`,
  );
}

const FOLDER =
  "<D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>";
const FILE =
  "<D:propstat><D:prop><D:resourcetype/><D:getcontentlength>3</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>";
const document = (responses: [string, string][]) =>
  `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${responses.map(([href, body]) => `<D:response><D:href>${href}</D:href>${body}</D:response>`).join("")}</D:multistatus>`;

const NEXTCLOUD = `<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">
 <d:response><d:href>/public.php/webdav/</d:href><d:propstat><d:prop><d:getlastmodified>Tue, 24 Nov 2026 22:44:34 GMT</d:getlastmodified><d:resourcetype><d:collection/></d:resourcetype><d:getetag>&quot;5f1a&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop><d:getcontentlength/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
 <d:response><d:href>/public.php/webdav/a%20b%20%26%20c.txt</d:href><d:propstat><d:prop><d:getlastmodified>Tue, 24 Nov 2026 22:44:34 GMT</d:getlastmodified><d:getcontentlength>42</d:getcontentlength><d:getcontenttype>text/plain; charset=utf-8</d:getcontenttype><d:resourcetype/><d:getetag>&quot;77&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
</d:multistatus>`;

describe("a peer's multistatus", () => {
  it("is read as Nextcloud and ownCloud write it", async () => {
    const [self, file] = await parse(NEXTCLOUD);
    expect(self).toMatchObject({ segments: ["public.php", "webdav"], type: "folder", size: null, etag: '"5f1a"' });
    expect(file).toEqual({
      segments: ["public.php", "webdav", "a b & c.txt"],
      type: "file",
      size: 42,
      modifiedAt: Date.parse("2026-11-24T22:44:34Z"),
      etag: '"77"',
      mediaType: "text/plain; charset=utf-8",
      permissions: null,
      quotaAvailable: null,
      checksums: [],
    });
  });

  it("is read with any prefix, with none, with CDATA, comments and > in attributes", async () => {
    const text = `<!-- <x> --><multistatus xmlns="DAV:" a="]>'"><!-- </multistatus> --><response b='>"'><href><![CDATA[/dav/</response>]]></href><propstat><status>HTTP/1.1 200 OK</status><prop><resourcetype><collection/></resourcetype></prop></propstat></response><sync-token>x</sync-token></multistatus>`;
    for (const length of [1, 2, 3, 7, 1_000]) {
      expect(await parse(text, length)).toMatchObject([{ segments: ["dav", "<", "response>"], type: "folder" }]);
    }
  });

  it("may have absolute hrefs, unencoded ones and ones without the prefix of the request", async () => {
    const absolute = document([
      ["https://a.example:8443/dav/1/", FOLDER],
      ["https://a.example:8443/dav/1/x%20y", FILE],
    ]);
    expect(await listed(absolute, "/dav/1")).toEqual(["x y file 3"]);
    const unencoded = document([
      ["/dav/1/", FOLDER],
      ["/dav/1/100% näïve", FILE],
      ["/dav/1/sub/", FOLDER],
    ]);
    expect(await listed(unencoded, "/dav/1")).toEqual(["100% näïve file 3", "sub folder null"]);
    const ownPath = document([
      ["/1234/rel/", FOLDER],
      ["/1234/rel/f", FILE],
    ]);
    expect(await listed(ownPath, "/remote.php/dav/ocm/1234/rel")).toEqual(["f file 3"]);
  });

  it("may tell of the folder last, or in a folder that holds one of the same name", async () => {
    expect(
      await listed(
        document([
          ["/dav/1/f", FILE],
          ["/dav/1", FOLDER],
        ]),
        "/dav/1",
      ),
    ).toEqual(["f file 3"]);
    const same = document([
      ["/dav/1/", FOLDER],
      ["/dav/1/1/", FOLDER],
    ]);
    expect(await listed(same, "/dav/1")).toEqual(["1 folder null"]);
  });

  it("gives no name that could be taken for a path, nothing deeper than asked, and no name twice", async () => {
    const text = document([
      ["/dav/1/", FOLDER],
      ["/dav/1/..%2f..%2fetc", FILE],
      ["/dav/1/%2e%2e", FILE],
      ["/dav/1/a%5cb", FILE],
      ["/dav/1/a%00", FILE],
      ["/dav/1/deep/er", FILE],
      ["/dav/1/f", FILE],
      ["/dav/1/f", FOLDER],
      ["/dav/1/gone", "<D:status>HTTP/1.1 404 Not Found</D:status>"],
    ]);
    expect(await listed(text, "/dav/1")).toEqual(["f file 3"]);
  });

  it("gives nothing that could split a header", async () => {
    const bad = FILE.replace(
      "<D:resourcetype/>",
      "<D:resourcetype/><D:getetag>&quot;a&#13;&#10;b&quot;</D:getetag><D:getcontenttype>text/x&#10;y: z</D:getcontenttype>",
    );
    expect((await parse(document([["/f", bad]])))[0]).toMatchObject({ etag: null, mediaType: null });
  });

  it.each([
    ["HTML", "<!DOCTYPE html><html><body>Maintenance</body></html>"],
    ["HTML without a doctype", "<html><body><p>Maintenance</body></html>"],
    ["nothing", ""],
    ["JSON", '{"multistatus":[]}'],
    ["a document type", '<!DOCTYPE x [<!ENTITY a "b">]><multistatus/>'],
    ["a listing that ends early", NEXTCLOUD.slice(0, 700)],
    ["too many ends", "<multistatus></multistatus></multistatus>"],
    ["two of them", "<multistatus/><multistatus/>"],
    ["a reserved name", "<multistatus><response><__proto__/></response></multistatus>"],
  ])("is not %s", async (_what, text) => {
    await expect(parse(text)).rejects.toMatchObject({ code: "peer-incompatible" });
  });

  it("has bounds in bytes, entries and the length of one response", async () => {
    const long = document(Array.from({ length: 50 }, (_, index) => [`/d/${index}`, FILE] as [string, string]));
    const limited = (bytes: number, entries: number) =>
      readMultistatus(Readable.from([Buffer.from(long)]), turns, { bytes, entries });
    expect(await limited(100_000, 50)).toHaveLength(50);
    await expect(limited(100_000, 49)).rejects.toMatchObject({ code: "peer-refused" });
    await expect(limited(1_000, 50)).rejects.toMatchObject({ code: "peer-refused" });
    const endless = (function* () {
      yield Buffer.from("<multistatus><response><href>");
      for (;;) yield Buffer.alloc(65_536, "x");
    })();
    await expect(readMultistatus(Readable.from(endless), turns)).rejects.toMatchObject({ code: "peer-incompatible" });
  });

  it("that breaks off is the peer's trouble", async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from("<multistatus>");
        throw new Error("reset");
      })(),
    );
    await expect(readMultistatus(broken, turns)).rejects.toMatchObject({ code: "peer-unreachable" });
  });

  it("never makes anything fail but with an OcmError, in whatever pieces it comes", async () => {
    const tokens = fc.constantFrom(
      "<multistatus>",
      "</multistatus>",
      "<d:multistatus xmlns:d='DAV:'>",
      "<response>",
      "</response>",
      "<href>",
      "</href>",
      "/a/b",
      "<propstat>",
      "</propstat>",
      "<prop>",
      "</prop>",
      "<status>",
      "</status>",
      "HTTP/1.1 200 OK",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<?",
      "?>",
      "<",
      ">",
      "&#99999999;",
      "&amp;",
      '"',
      "'",
      "<a b='",
      "<__proto__/>",
      "<constructor>",
      "<resourcetype/>",
      "\u0000",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(tokens, { maxLength: 40 }).map((parts) => parts.join("")),
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 50 }), async (text, length) => {
        const outcome = (size: number) =>
          parse(text, size).catch((error) => {
            expect(error).toBeInstanceOf(OcmError);
            return "refused";
          });
        expect(await outcome(length)).toEqual(await outcome(1_000_000));
      }),
      { numRuns: 1_000 },
    );
  });

  it("says the same whether it is read by the scanner for the common shape or by the parser for all", async () => {
    const text = fc.constantFrom(
      "",
      " ",
      "\n ",
      "x",
      " x y ",
      "&amp;",
      "&quot;a&quot;",
      "12",
      "SHA1:ab MD5:cd",
      "RDNVW",
      "/a/b%20c",
    );
    const element = (name: fc.Arbitrary<string>, content: fc.Arbitrary<string>) =>
      fc.tuple(name, content, fc.boolean()).map(([tag, inner, short]) => {
        return inner === "" && short ? `<${tag}/>` : `<${tag}>${inner}</${tag}>`;
      });
    const several = (each: fc.Arbitrary<string>, maxLength: number) =>
      fc
        .array(fc.oneof({ weight: 9, arbitrary: each }, { weight: 1, arbitrary: text }), { maxLength })
        .map((all) => all.join(""));
    const inner = element(fc.constantFrom("d:collection", "oc:checksum", "x:checksum", "collection"), text);
    const property = element(
      fc.constantFrom(
        "d:resourcetype",
        "d:getetag",
        "x:getetag",
        "d:getcontentlength",
        "oc:checksums",
        "oc:permissions",
        "other",
      ),
      fc.oneof(text, several(inner, 2)),
    );
    const status = element(fc.constant("d:status"), fc.constantFrom("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", ""));
    const prop = element(fc.constant("d:prop"), several(property, 5));
    const propstat = element(fc.constant("d:propstat"), several(fc.oneof(prop, status), 3));
    const href = element(fc.constant("d:href"), text);
    const other = element(fc.constantFrom("d:status", "d:responsedescription", "x"), text);
    const response = several(fc.oneof(href, propstat, other), 5);
    await fc.assert(
      fc.asyncProperty(fc.array(response, { minLength: 1, maxLength: 3 }), async (responses) => {
        const document = (mark: string) =>
          parse(
            `<d:multistatus>${responses.map((each) => `<d:response>${each}${mark}</d:response>`).join("")}</d:multistatus>`,
          ).catch((error) => error.code);
        expect(await document("")).toEqual(await document("<!-- -->"));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    [
      "ends with a space in its tag",
      "<d:response><d:href>/a</d:href>P</d:response ><d:response><d:href>/b</d:href>P</d:response>",
    ],
    [
      "has a tag that begins like it",
      "<response><responsedescription/><href>/a</href>P</response><response><href>/b</href>P</response>",
    ],
    ["has attributes", "<response a='>'><href>/a</href>P</response><response><href b='>'>/b</href>P</response>"],
  ])("may have a response that %s", async (_what, text) => {
    const propstat = "<propstat><prop><getetag>1</getetag></prop></propstat>";
    const document = `<multistatus>${text.replaceAll("P", propstat)}</multistatus>`;
    for (const length of [1, 7, 1_000]) {
      expect((await parse(document, length)).map(({ segments }) => segments.join())).toEqual(["a", "b"]);
    }
  });

  it("of 100,000 entries is read while others have their turn", async () => {
    const each = (index: number) =>
      `<D:response><D:href>/dav/1/a%20name%20of%20a%20file%20${index}.txt</D:href>${FILE}</D:response>`;
    const text = `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/dav/1/</D:href>${FOLDER}</D:response>${Array.from({ length: 100_000 }, (_, index) => each(index)).join("")}</D:multistatus>`;
    const bytes = Buffer.from(text);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) =>
      bytes.subarray(index * 65_536, (index + 1) * 65_536),
    );
    // Time of this thread, so that other programs of the machine do not count.
    const busy = () => process.threadCpuUsage().user / 1_000;
    let longest = 0;
    let last = busy();
    const timer = setInterval(() => {
      longest = Math.max(longest, busy() - last);
      last = busy();
    }, 1);
    const { children } = takeApart(await readMultistatus(Readable.from(pieces), turns), ["dav", "1"]);
    expect((await childEntries(children, "", turns)).size).toBe(100_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    clearInterval(timer);
    expect(longest).toBeLessThan(100);
  });

  it("gives back every name that was written into it", async () => {
    const names = fc.uniqueArray(
      fc
        .string({ unit: "binary", minLength: 1 })
        .filter((name) => name.isWellFormed() && name !== "." && name !== ".." && !/[/\\\p{Cc}]/u.test(name)),
    );
    await fc.assert(
      fc.asyncProperty(names, async (each) => {
        const hrefs = each.map((name) => [escapeXml(`/dav/${encodeURIComponent(name)}`), FILE] as [string, string]);
        const resources = await parse(document([["/dav/", FOLDER], ...hrefs]), 100);
        expect([...(await childEntries(takeApart(resources, ["dav"]).children, "", turns)).keys()]).toEqual(each);
      }),
    );
  });
});
