import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dav, PROPPATCH_BODY as PROPPATCH, statusOf } from "./dav-request.test-helper.ts";
import { MIB, plant } from "./files.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

const PROPFIND = '<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>';
const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
const BODIES = { PROPFIND, PROPPATCH, LOCK };

const laughs = (() => {
  const lines = Array.from({ length: 9 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join(
    "",
  );
  return `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">${lines}]>`;
})();

/** What is put before each body, or made of it, and the status that it is answered with. */
const HOSTILE: readonly [name: string, status: number, make: (body: string) => string | Uint8Array][] = [
  ["that is no XML", 400, () => "propfind please"],
  ["that breaks off", 400, (body) => body.slice(0, -8)],
  ["whose elements cross", 400, () => '<d:propfind xmlns:d="DAV:"><d:a><d:b></d:a></d:b></d:propfind>'],
  ["with two roots", 400, (body) => body + body],
  ["with text after its root", 400, (body) => `${body}more`],
  ["with an entity of its own", 400, (body) => `<!DOCTYPE d [<!ENTITY a "b">]>${body.replace("><", ">&a;<")}`],
  ["with an undeclared entity", 400, (body) => body.replace("><", ">&nothing;<")],
  [
    "with a file as an entity",
    400,
    (body) => `<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>${body.replace("><", ">&a;<")}`,
  ],
  ["with a document type from elsewhere", 400, (body) => `<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">${body}`],
  ["of a billion laughs", 400, (body) => laughs + body.replace("><", ">&l9;<")],
  ["of 10 MiB", 413, (body) => body.replace("><", `>${" ".repeat(10 * MIB)}<`)],
  ["nested ten thousand deep", 400, (body) => body.replace("><", `>${"<d:a>".repeat(5000)}${"</d:a>".repeat(5000)}<`)],
  ["that says UTF-8 and is Latin-1", 400, (body) => Buffer.from(body.replace("><", ">\u00fc<"), "latin1")],
  ["in Latin-1", 415, (body) => Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${body}`, "latin1")],
  ["in UTF-7", 415, (body) => `<?xml version="1.0" encoding="UTF-7"?>${body}`],
  ["in UTF-16 that has lost a byte", 400, (body) => utf16(body).subarray(0, -1)],
  ["with a NUL in it", 400, (body) => body.replace("><", ">\0<")],
];

function utf16(text: string): Buffer {
  return Buffer.from(`\ufeff${text}`, "utf16le");
}

describe.each(Object.entries(BODIES))("A %s", (method, body) => {
  let world: DavWorld;
  let share: DavShare;

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "xml"));
    await plant(share.disk, { "file.txt": "content" });
  });
  afterAll(() => world.close());

  it.each(HOSTILE)("with a body %s is answered with %i, soon", async (_name, status, make) => {
    const from = performance.now();
    const answer = await dav(share, method, "/file.txt", { body: make(body), headers: { depth: "0" } });
    expect(answer.status, answer.text).toBe(status);
    expect(answer.text).not.toContain("root:");
    expect(performance.now() - from).toBeLessThan(2000);
    expect(await readFile(join(share.disk, "file.txt"), "utf8")).toBe("content");
  });

  it("is understood in UTF-8 with a mark, and in UTF-16", async () => {
    for (const bytes of [Buffer.from(`\ufeff${body}`), utf16(body), utf16(body).swap16()]) {
      const path = `/${method}-${bytes[0]}`;
      await plant(share.disk, { [path]: "content" });
      expect(await statusOf(share, method, path, { body: bytes, headers: { depth: "0" } })).toBeLessThan(300);
    }
  });

  it("whose prefixes are not declared is refused, unless it is a LOCK: two kinds of server send such ones", async () => {
    await plant(share.disk, { "undeclared.txt": "" });
    const undeclared = body.replaceAll(/ xmlns:\w+="[^"]*"/g, "");
    const { status, text } = await dav(share, method, "/undeclared.txt", { body: undeclared, headers: { depth: "0" } });
    expect(status, text).toBe(method === "LOCK" ? 200 : 400);
  });

  it("of another method's body is refused", async () => {
    const other = method === "PROPFIND" ? LOCK : PROPFIND;
    const status = await statusOf(share, method, "/file.txt", { body: other, headers: { depth: "0" } });
    expect([400, 422]).toContain(status);
  });

  it("that is still answered afterwards is no wonder: nothing of it was taken", async () => {
    const { status } = await dav(share, "PROPFIND", "/file.txt", { headers: { depth: "0" } });
    expect(status).toBe(207);
  });
});

describe("A PROPFIND of an unlimited depth", () => {
  it("is refused with the element that RFC 4918 names", async () => {
    const world = await davWorld();
    const share = await world.share(await folderOf(world, "deep"));
    const answer = await dav(share, "PROPFIND", "/", { headers: { depth: "infinity" } });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("propfind-finite-depth/>");
    expect(await statusOf(share, "PROPFIND", "/", { headers: { depth: "2" } })).toBe(400);
    await world.close();
  });
});
