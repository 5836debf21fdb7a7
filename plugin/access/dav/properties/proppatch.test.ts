import { mkdir, utimes, writeFile } from "node:fs/promises";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFileError } from "../../../ports/host.ts";
import { type LockServer, lockInfo, startLockServer, tokenOf } from "../locks/lock-server.test-helper.ts";

let server: LockServer;
beforeEach(async () => {
  server = await startLockServer();
  await mkdir(`${server.home}/folder`);
  await writeFile(`${server.home}/file`, "old");
});
afterEach(() => server.close());

const update = (steps: string, around = "") =>
  `<?xml version="1.0" encoding="utf-8"?><D:propertyupdate xmlns:D="DAV:" ${around}>${steps}</D:propertyupdate>`;
const set = (properties: string) => `<D:set><D:prop>${properties}</D:prop></D:set>`;
const unset = (properties: string) => `<D:remove><D:prop>${properties}</D:prop></D:remove>`;
const X = 'xmlns:x="urn:x"';

const patch = (path: string, steps: string, headers: Record<string, string> = {}, as = "ann") =>
  server.send("PROPPATCH", path, { headers, body: update(steps, X), as });
const kept = async (path = "/docs/file") =>
  ((await server.store.notes.get("files:alice", path))?.properties ?? []).map(({ xml }) => xml);
const parser = new XMLParser({ removeNSPrefix: true, isArray: (name) => name === "propstat" });
/** The names of an answer by their status. */
const outcome = (text: string): Record<string, string[]> => {
  const result: Record<string, string[]> = {};
  for (const { prop, status } of parser.parse(text).multistatus.response.propstat) {
    result[String(status).split(" ")[1] ?? ""] = Object.keys(prop);
  }
  return result;
};

describe("PROPPATCH", () => {
  it("keeps what it does not know, in the order of its setting, and tells it to a PROPFIND", async () => {
    const answer = await patch("/file", set("<x:one>1</x:one><two>2</two>") + set("<x:three/>"));
    expect(answer.status).toBe(207);
    expect(answer.headers["content-type"]).toBe('application/xml; charset="utf-8"');
    expect(XMLValidator.validate(answer.text)).toBe(true);
    expect(outcome(answer.text)).toEqual({ 200: ["one", "two", "three"] });
    expect(await kept()).toEqual(['<x:one xmlns:x="urn:x">1</x:one>', "<two>2</two>", '<x:three xmlns:x="urn:x"/>']);
    await patch("/file", set("<x:one>new</x:one>") + unset("<two/><x:four/>"));
    expect(await kept()).toEqual(['<x:one xmlns:x="urn:x">new</x:one>', '<x:three xmlns:x="urn:x"/>']);
    const listing = await server.send("PROPFIND", "/file", { headers: { depth: "0" } });
    expect(listing.text).toContain('<x:one xmlns:x="urn:x">new</x:one><x:three xmlns:x="urn:x"/>');
  });

  it("follows the order of the document", async () => {
    await patch("/file", set("<x:a>1</x:a>") + unset("<x:a/>") + unset("<x:b/>") + set("<x:b>2</x:b>"));
    expect(await kept()).toEqual(['<x:b xmlns:x="urn:x">2</x:b>']);
  });

  it("keeps names apart that differ in their namespace, and folders from files", async () => {
    await patch("/folder/", set('<x:a/><a/><y:a xmlns:y="urn:y"/>'));
    expect(await kept("/docs/folder")).toHaveLength(3);
    expect(await kept()).toEqual([]);
    const answer = await patch("/folder", unset("<a/>"));
    expect(answer.text).toContain("<d:href>/dav/s1/folder/</d:href>");
    expect(await kept("/docs/folder")).toHaveLength(2);
  });

  it("refuses live properties with 403, and then changes nothing (424)", async () => {
    const answer = await patch("/file", set("<x:a>1</x:a><D:getetag>x</D:getetag>") + unset("<D:resourcetype/><x:b/>"));
    expect(answer.status).toBe(207);
    expect(outcome(answer.text)).toEqual({ 424: ["a", "b"], 403: ["getetag", "resourcetype"] });
    expect(answer.text).toContain("<d:error><d:cannot-modify-protected-property/></d:error>");
    expect(await kept()).toEqual([]);
    for (const name of ["lockdiscovery", "supportedlock", "getlastmodified", "quota-available-bytes", "displayname"]) {
      expect(outcome((await patch("/file", set(`<D:${name}/>`))).text), name).toEqual({ 403: [name] });
    }
  });

  it("sets the time of a file, as clients of ownCloud, Nextcloud and Microsoft ask", async () => {
    const modified = async () => (await server.files.stat("alice", "/docs/file"))?.modifiedAt;
    await patch("/file", set("<D:lastmodified>1700000000</D:lastmodified>"));
    expect(await modified()).toBe(1_700_000_000_000);
    await patch("/file", set("<D:lastmodified>Tue, 24 Nov 2026 10:00:00 GMT</D:lastmodified>"));
    expect(await modified()).toBe(Date.parse("2026-11-24T10:00:00Z"));
    const time =
      "<z:Win32LastModifiedTime xmlns:z='urn:schemas-microsoft-com:'>Wed, 25 Nov 2026 10:00:00 GMT</z:Win32LastModifiedTime>";
    const answer = await patch("/file", set(`${time}<x:a/>`));
    expect(outcome(answer.text)).toEqual({ 200: ["Win32LastModifiedTime", "a"] });
    expect(await modified()).toBe(Date.parse("2026-11-25T10:00:00Z"));
    expect(await kept()).toEqual(['<x:a xmlns:x="urn:x"/>']);
    const marks = await server.store.marks.of("files:alice", ["/docs"]);
    expect(marks).toHaveLength(1);
  });

  it("refuses a time that it cannot read, or that the host cannot set, and keeps the rest as it was", async () => {
    for (const value of ["soon", "", "9".repeat(14), "<x:a/>"]) {
      const answer = await patch("/file", set(`<D:lastmodified>${value}</D:lastmodified><x:a/>`));
      expect(outcome(answer.text), value).toEqual({ 409: ["lastmodified"], 424: ["a"] });
    }
    expect(outcome((await patch("/file", unset("<D:lastmodified/>"))).text)).toEqual({ 403: ["lastmodified"] });
    server.files.touch = async () => {
      throw new HostFileError("forbidden", "no");
    };
    const denied = await patch("/file", set("<x:a/><D:lastmodified>1</D:lastmodified>"));
    expect(outcome(denied.text)).toEqual({ 424: ["a"], 403: ["lastmodified"] });
    delete server.files.touch;
    const unable = await patch("/file", set("<x:a/><D:lastmodified>1</D:lastmodified>"));
    expect(outcome(unable.text)).toEqual({ 424: ["a"], 403: ["lastmodified"] });
    expect(await kept()).toEqual([]);
  });

  it("does not touch a file where another property is refused", async () => {
    await utimes(`${server.home}/file`, 1000, 1000);
    await patch("/file", set("<D:lastmodified>2000</D:lastmodified><D:getetag/>"));
    expect((await server.files.stat("alice", "/docs/file"))?.modifiedAt).toBe(1_000_000);
  });

  it("leaves a known checksum true when only the time changes", async () => {
    const before = await server.files.stat("alice", "/docs/file");
    const checksum = { value: "SHA1:x", etag: before?.etag ?? "" };
    await server.store.notes.put({
      tree: "files:alice",
      path: "/docs/file",
      version: 1,
      properties: [],
      checksum,
      updatedAt: 0,
    });
    await patch("/file", set("<D:lastmodified>1700000000</D:lastmodified>"));
    const after = await server.files.stat("alice", "/docs/file");
    const note = await server.store.notes.get("files:alice", "/docs/file");
    expect(after?.etag).not.toBe(before?.etag);
    expect(note?.checksum).toEqual({ value: "SHA1:x", etag: after?.etag });
  });

  it("is bounded to 100 properties and 16 KiB of each resource (507)", async () => {
    const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => `<x:p${from + n}/>`).join("");
    expect(outcome((await patch("/file", set(many(0, 99)))).text)).toHaveProperty("200");
    const over = outcome((await patch("/file", set(`<x:p99/><x:p100/>`))).text);
    expect(over).toEqual({ 424: ["p99"], 507: ["p100"] });
    expect(await kept()).toHaveLength(99);
    expect(outcome((await patch("/file", set("<x:p5>again</x:p5><x:p99/>"))).text)).toHaveProperty("200");
    const large = (name: string) => set(`<x:${name}>${"x".repeat(10_000)}</x:${name}>`);
    expect(outcome((await patch("/folder", large("a"))).text)).toEqual({ 200: ["a"] });
    expect(outcome((await patch("/folder", large("b"))).text)).toEqual({ 507: ["b"] });
    expect(outcome((await patch("/folder", unset("<x:a/>") + large("b"))).text)).toEqual({ 200: ["a", "b"] });
  });

  it("leaves nothing behind about a file that is removed meanwhile", async () => {
    const { notes } = server.store;
    const { get } = notes;
    notes.get = async (tree, path) => {
      notes.get = get;
      const note = await get(tree, path);
      expect((await server.send("DELETE", "/file")).status).toBe(204);
      return note;
    };
    expect((await patch("/file", set("<x:color>red</x:color>"))).status).toBe(404);
    expect(await kept()).toEqual([]);
  });

  it("needs the token of a lock, and conditions that hold", async () => {
    const token = tokenOf(await server.send("LOCK", "/file", { body: lockInfo() }));
    expect((await patch("/file", set("<x:a/>"))).status).toBe(423);
    expect((await patch("/file", set("<x:a/>"), { if: `(<${token}>)` }, "bob")).status).toBe(423);
    expect((await patch("/file", set("<x:a/>"), { if: `(<${token}>)` })).status).toBe(207);
    expect((await patch("/folder", set("<x:a/>"), { "if-match": '"none"' })).status).toBe(412);
    expect((await patch("/folder", set("<x:a/>"), { if: '(["none"])' })).status).toBe(412);
    expect((await patch("/none", set("<x:a/>"))).status).toBe(404);
    expect(await kept("/docs/folder")).toEqual([]);
  });

  it("leaves nothing out where many come at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => patch("/file", set(`<x:p${n}/>`))));
    expect(answers.every(({ text }) => text.includes("200 OK"))).toBe(true);
    expect(await kept()).toHaveLength(20);
  });

  it.each([
    ["no body", "", 400],
    ["another document", '<D:propfind xmlns:D="DAV:"/>', 400],
    ["neither set nor remove", update("<D:prop/>"), 400],
    ["an undeclared prefix", update(set("<y:a/>")), 400],
    ["an undeclared prefix in a value", update(set("<x:a xmlns:x='urn:x'><y:b/></x:a>")), 400],
    ["an entity", `<!DOCTYPE a [<!ENTITY e "x">]>${update(set("<a>&e;</a>"))}`, 400],
    ["an unknown entity", update(set("<a>&nbsp;</a>")), 400],
    ["too many names", update(set(Array.from({ length: 257 }, (_, n) => `<p${n}/>`).join(""))), 400],
    ["too many instructions", update(set("<p/>".repeat(1001))), 400],
    ["another encoding", '<?xml version="1.0" encoding="latin1"?><a/>', 415],
    ["more than 64 KiB", update(set(`<a>${"x".repeat(65_536)}</a>`)), 413],
  ])("is refused with %s", async (_name, body, status) => {
    expect((await server.send("PROPPATCH", "/file", { body })).status).toBe(status);
    expect(await kept()).toEqual([]);
  });

  it("takes no long time for a long namespace in many places", async () => {
    const body = update(`${set("<y:a y:b='1'/>".repeat(999))}`, `xmlns:y="urn:${"y".repeat(16_000)}"`);
    const begun = performance.now();
    expect((await server.send("PROPPATCH", "/file", { body })).status).toBe(207);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it("answers with nothing to do where a set is empty", async () => {
    const answer = await patch("/file", set(""));
    expect(answer.status).toBe(207);
    expect(answer.text).toContain("HTTP/1.1 200 OK");
  });
});
