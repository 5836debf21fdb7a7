import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFileError } from "../../../ports/host.ts";
import type { Lock } from "../../../ports/records.ts";
import { raw, startShareServer } from "../../share-server.test-helper.ts";
import { type LockServer, lockInfo, startLockServer, tokenOf } from "./lock-server.test-helper.ts";

let server: LockServer;
beforeEach(async () => {
  server = await startLockServer();
  await mkdir(`${server.home}/folder/deep`, { recursive: true });
  await writeFile(`${server.home}/file`, "old");
  await writeFile(`${server.home}/folder/inner`, "old");
});
afterEach(() => server.close());

const lock = (path: string, headers: Record<string, string> = {}, body = lockInfo(), as = "ann") =>
  server.send("LOCK", path, { headers, body, as });
const put = (path: string, headers: Record<string, string> = {}, as = "ann") =>
  server.send("PUT", path, { headers, body: "new", as });
const stored = async () => (await server.store.locks.get("files:alice"))?.locks ?? [];

describe("LOCK", () => {
  it("tells the lock in a header and in DAV:lockdiscovery, and locks the file against all others", async () => {
    const owner = '<D:owner><x:who xmlns:x="urn:x">A &amp; B</x:who></D:owner>';
    const answer = await lock("/file", { timeout: "Second-120", depth: "0" }, lockInfo("exclusive", owner));
    expect(answer.status).toBe(200);
    expect(answer.headers["lock-token"]).toMatch(
      /^<urn:uuid:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}>$/,
    );
    expect(answer.headers["content-type"]).toBe('application/xml; charset="utf-8"');
    expect(answer.text).toBe(
      `<?xml version="1.0" encoding="utf-8"?>\n<d:prop xmlns:d="DAV:"><d:lockdiscovery><d:activelock><d:locktype><d:write/></d:locktype><d:lockscope><d:exclusive/></d:lockscope><d:depth>0</d:depth><d:owner><x:who xmlns:x="urn:x">A &amp; B</x:who></d:owner><d:timeout>Second-120</d:timeout><d:locktoken><d:href>${tokenOf(answer)}</d:href></d:locktoken><d:lockroot><d:href>/dav/s1/file</d:href></d:lockroot></d:activelock></d:lockdiscovery></d:prop>`,
    );
    expect((await put("/file", {}, "bob")).status).toBe(423);
    expect((await put("/file")).status).toBe(423);
    expect((await put("/file", { if: `(<${tokenOf(answer)}>)` })).status).toBe(204);
  });

  it("is what an If header names, for those who only read too", async () => {
    const token = tokenOf(await lock("/file"));
    for (const method of ["GET", "HEAD", "PROPFIND"]) {
      const read = (condition: string) => server.send(method, "/file", { headers: { if: condition }, as: "ann" });
      expect((await read(`(<${token}>)`)).status, method).toBe(method === "PROPFIND" ? 207 : 200);
      expect((await read("(<urn:uuid:other>)")).status, method).toBe(412);
      expect((await read(`(Not <${token}>)`)).status, method).toBe(412);
      expect((await read('(["other"])')).status, method).toBe(412);
      expect((await read("(")).status, method).toBe(400);
    }
  });

  it("makes an empty file where nothing is, which needs the folder's lock", async () => {
    const answer = await lock("/new", { depth: "0" });
    expect(answer.status).toBe(201);
    expect(await readFile(`${server.home}/new`, "utf8")).toBe("");
    expect((await lock("/missing/new")).status).toBe(409);
    expect((await lock("/file/new")).status).toBe(409);
    expect((await lock("/newfolder/")).status).toBe(409);
    const folder = await lock("/folder", { depth: "0" });
    expect((await lock("/folder/other")).status).toBe(423);
    expect((await lock("/folder/other", { if: `</dav/s1/folder> (<${tokenOf(folder)}>)` })).status).toBe(201);
    expect((await lock("/folder/inner")).status).toBe(200);
  });

  it("shows that the folders above have changed", async () => {
    await lock("/folder/new");
    const marks = await server.store.marks.of("files:alice", ["/docs", "/docs/folder"]);
    expect(marks.map(({ path }) => path)).toEqual(["/docs", "/docs/folder"]);
  });

  it("gives its lock back where the empty file cannot be made", async () => {
    const { write } = server.files;
    server.files.write = async () => {
      throw new HostFileError("no-space", "full");
    };
    expect((await lock("/new")).status).toBe(507);
    server.files.write = async (...all) => {
      await write(...all);
      throw new HostFileError("changed", "somebody was first");
    };
    expect(await stored()).toEqual([]);
    expect((await lock("/new")).status).toBe(200);
    expect(await stored()).toHaveLength(1);
  });

  it("does not empty a file that comes to be at the same moment", async () => {
    const { write } = server.files;
    server.files.write = async (...all) => {
      await writeFile(`${server.home}/new`, "mine");
      return write(...all);
    };
    expect((await lock("/new")).status).toBe(200);
    expect(await readFile(`${server.home}/new`, "utf8")).toBe("mine");
  });

  it.each([
    [{}, 600],
    [{ timeout: "Second-30" }, 30],
    [{ timeout: "second-3599" }, 3599],
    [{ timeout: "Second-4100000000" }, 3600],
    [{ timeout: "Infinite" }, 3600],
    [{ timeout: "Infinite, Second-20" }, 3600],
    [{ timeout: "Second-20, Infinite" }, 20],
    [{ timeout: "Extend, Second-x, Second-21" }, 21],
    [{ timeout: "Second-0" }, 1],
    [{ timeout: `Second-${"9".repeat(400)}` }, 3600],
    [{ timeout: "tomorrow" }, 600],
  ])("asked with %j lasts %i seconds", async (headers, seconds) => {
    const answer = await lock("/file", headers as Record<string, string>);
    expect(answer.text).toContain(`<d:timeout>Second-${seconds}</d:timeout>`);
    server.now += seconds * 1000 - 1;
    expect((await put("/file")).status).toBe(423);
    server.now += 1;
    expect((await put("/file")).status).toBe(204);
  });

  it("drops what has expired when it writes", async () => {
    await lock("/file", { timeout: "Second-10" });
    server.now += 10_000;
    await lock("/folder");
    expect((await stored()).map(({ path }) => path)).toEqual(["/docs/folder"]);
  });

  it.each([
    ["nothing", "<D:lockinfo xmlns:D='DAV:'/>"],
    ["another document", "<D:propfind xmlns:D='DAV:'/>"],
    ["no namespace", "<lockinfo><lockscope><exclusive/></lockscope></lockinfo>"],
    ["both scopes", lockInfo("exclusive").replace("<D:exclusive/>", "<D:exclusive/><D:shared/>")],
    ["another type", lockInfo().replace("D:write", "D:read")],
    ["malformed XML", "<D:lockinfo"],
    ["an entity", '<!DOCTYPE x [<!ENTITY y "z">]><D:lockinfo/>'],
    ["a token with spaces", lockInfo("exclusive", "<D:locktoken><D:href>a b</D:href></D:locktoken>")],
    ["a token with brackets", lockInfo("exclusive", "<D:locktoken><D:href>a&gt;b</D:href></D:locktoken>")],
    ["the token of no lock", lockInfo("exclusive", "<D:locktoken><D:href>DAV:no-lock</D:href></D:locktoken>")],
  ])("is refused with %s in its body", async (_name, body) => {
    expect((await lock("/file", {}, body)).status).toBe(400);
    expect(await stored()).toEqual([]);
  });

  it("is refused with another depth, a long owner or too large a body", async () => {
    expect((await lock("/file", { depth: "1" })).status).toBe(400);
    expect((await lock("/file", {}, lockInfo("shared", `<D:owner>${"x".repeat(4097)}</D:owner>`))).status).toBe(413);
    expect((await lock("/file", {}, " ".repeat(65_537))).status).toBe(413);
    expect((await lock("/file", {}, " ")).status).toBe(400);
  });

  it("is refused where a lock is here or above, whoever has it, with the address of that lock", async () => {
    await lock("/folder");
    for (const as of ["ann", "bob"]) {
      const answer = await lock("/folder/inner", { depth: "0" }, lockInfo("shared"), as);
      expect(answer.status).toBe(423);
      expect(answer.text).toContain("<d:no-conflicting-lock><d:href>/dav/s1/folder</d:href></d:no-conflicting-lock>");
    }
  });

  it("of a folder is refused where a lock is below, with a status for each", async () => {
    const inner = await lock("/folder/inner", {}, lockInfo("shared"), "bob");
    const answer = await lock("/folder");
    expect(answer.status).toBe(207);
    expect(XMLValidator.validate(answer.text)).toBe(true);
    expect(answer.text).toContain("<d:href>/dav/s1/folder/inner</d:href><d:status>HTTP/1.1 423 Locked</d:status>");
    expect(answer.text).toContain("<d:href>/dav/s1/folder</d:href><d:status>HTTP/1.1 424 Failed Dependency</d:status>");
    expect((await lock("/folder", { depth: "0" })).status).toBe(200);
    expect((await stored()).map(({ token }) => token)).toContain(tokenOf(inner));
  });

  it("may be shared by several, each of whom may then write with a token of their own", async () => {
    const ann = await lock("/file", {}, lockInfo("shared"), "ann");
    const bob = await lock("/file", {}, lockInfo("shared"), "bob");
    expect([ann.status, bob.status]).toEqual([200, 200]);
    expect(bob.text.match(/<d:activelock>/g)).toHaveLength(2);
    expect(bob.text).not.toContain(tokenOf(ann));
    expect((await lock("/file", {}, lockInfo("exclusive"), "ann")).status).toBe(423);
    expect((await put("/file", { if: `(<${tokenOf(bob)}>)` }, "bob")).status).toBe(204);
    expect((await put("/file", { if: `(<${tokenOf(ann)}>)` }, "ann")).status).toBe(204);
    expect((await put("/file", { if: `(<${tokenOf(ann)}>)` }, "bob")).status).toBe(423);
    expect((await put("/file", {}, "bob")).status).toBe(423);
  });

  it("evaluates conditions before it locks", async () => {
    expect((await lock("/file", { "if-match": '"none"' })).status).toBe(412);
    expect((await lock("/file", { "if-none-match": "*" })).status).toBe(412);
    expect((await lock("/file", { if: '(["none"])' })).status).toBe(412);
    expect((await lock("/new", { if: "(<urn:x>)" })).status).toBe(412);
    expect(await stored()).toEqual([]);
    expect(await readdir(server.home)).not.toContain("new");
  });

  it("gives one exclusive lock to one of many who ask at once", async () => {
    const { get } = server.store.locks;
    server.store.locks.get = async (tree) => {
      const set = await get(tree);
      await new Promise(setImmediate);
      return set;
    };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => lock("/file", {}, lockInfo(), `p${n}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 423)).toHaveLength(19);
    const shared = await Promise.all(
      Array.from({ length: 20 }, (_, n) => lock(`/f${n}`, {}, lockInfo("shared"), `p${n}`)),
    );
    expect(shared.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(await stored()).toHaveLength(21);
  });

  it("is refused with 507 beyond 1,000 locks of one holder, and 10,000 or too many characters of a tree", async () => {
    const fill = (count: number, owner: string) =>
      server.store.locks.put({
        tree: "files:alice",
        version: 1,
        updatedAt: 0,
        locks: Array.from(
          { length: count },
          (_, n): Lock => ({
            token: `t:${n}`,
            path: `/docs/${n}`,
            depth: "0",
            scope: "shared",
            owner,
            principal: "p",
            timeout: 60,
            expiresAt: server.now + 60_000,
          }),
        ),
      });
    await fill(1_000, "");
    expect((await lock("/file")).status).toBe(200);
    expect((await lock("/folder", {}, lockInfo(), "p")).status).toBe(507);
    server.now += 60_000;
    await server.store.locks.remove("files:alice");
    await fill(9_999, "");
    expect((await lock("/file")).status).toBe(200);
    expect((await lock("/folder")).status).toBe(507);
    server.now += 60_000;
    expect((await lock("/folder")).status).toBe(200);
    await server.store.locks.remove("files:alice");
    await fill(512, "x".repeat(4096));
    expect((await lock("/file")).status).toBe(507);
    await server.store.locks.remove("files:alice");
    await fill(64, "x".repeat(4096));
    expect((await lock("/file", {}, lockInfo(), "p")).status).toBe(507);
    expect((await lock("/file")).status).toBe(200);
  });

  it("is refused for those who may not write", async () => {
    const share = { permissions: ["read" as const] };
    expect((await server.send("LOCK", "/file", { body: lockInfo(), share })).status).toBe(403);
  });

  it("serves a shared file at its own address", async () => {
    const share = { path: "/docs/file", name: "file", resourceType: "file" as const };
    const answer = await server.send("LOCK", "/file", { body: lockInfo(), share });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("<d:lockroot><d:href>/dav/s1</d:href></d:lockroot>");
    expect((await server.send("PUT", "", { body: "x", share, as: "bob" })).status).toBe(423);
    const unlocked = await server.send("UNLOCK", "/", { headers: { "lock-token": `<${tokenOf(answer)}>` }, share });
    expect(unlocked.status).toBe(204);
  });

  it("of a place above the share holds in the share, and shows nothing of the path", async () => {
    await lock("/folder", {}, lockInfo(), "ann");
    const share = { path: "/docs/folder", name: "folder" };
    const answer = await server.send("PUT", "/inner", { body: "x", share, as: "bob" });
    expect(answer.status).toBe(423);
    const deeper = { path: "/docs/folder/deep", name: "deep" };
    const refused = await server.send("PUT", "/x", { body: "x", share: deeper, as: "bob" });
    expect(refused.text).toContain("<d:lock-token-submitted><d:href>/dav/s1</d:href></d:lock-token-submitted>");
  });
});

describe("a LOCK without a body", () => {
  it("refreshes a lock of one's own, from any address in its scope", async () => {
    const token = tokenOf(await lock("/folder", { timeout: "Second-100" }));
    server.now += 90_000;
    const answer = await server.send("LOCK", "/folder/inner", { headers: { if: `(<${token}>)` } });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty("lock-token");
    expect(answer.text).toContain("<d:timeout>Second-100</d:timeout>");
    const longer = await server.send("LOCK", "/folder", { headers: { if: `(<${token}>)`, timeout: "Second-200" } });
    expect(longer.text).toContain("<d:timeout>Second-200</d:timeout>");
    server.now += 199_999;
    expect((await put("/folder/inner")).status).toBe(423);
  });

  it("takes a token without angle brackets, as some clients send it", async () => {
    const token = tokenOf(await lock("/file"));
    expect((await server.send("UNLOCK", "/file", { headers: { "lock-token": token }, as: "ann" })).status).toBe(204);
    expect(await stored()).toEqual([]);
  });

  it("is refused without a token, with an unknown, an expired or somebody else's, and on another address", async () => {
    const token = tokenOf(await lock("/folder", { timeout: "Second-100" }));
    const refresh = (path: string, headers: Record<string, string>, as = "ann") =>
      server.send("LOCK", path, { headers, as });
    expect((await refresh("/folder", {})).status).toBe(400);
    expect((await refresh("/folder", { if: "(<urn:uuid:none>)" })).status).toBe(412);
    const unknown = await refresh("/folder", { if: "(Not <urn:uuid:none>)" });
    expect(unknown.status).toBe(412);
    expect(unknown.text).toContain("<d:lock-token-matches-request-uri/>");
    expect((await refresh("/folder", { if: `(<${token}>)` }, "bob")).status).toBe(403);
    expect((await refresh("/file", { if: `(<${token}>)` })).status).toBe(412);
    const tagged = `</dav/s1/folder> (<${token}>)`;
    expect((await refresh("/file", { if: tagged })).text).toContain("<d:lock-token-matches-request-uri/>");
    expect((await refresh("/folder", { if: "((" })).status).toBe(400);
    server.now += 100_000;
    expect((await refresh("/folder", { if: `(<${token}>)` })).status).toBe(412);
  });
});

describe("UNLOCK", () => {
  it("removes a lock of one's own, from any address in its scope", async () => {
    const token = tokenOf(await lock("/folder"));
    const answer = await server.send("UNLOCK", "/folder/inner", { headers: { "lock-token": ` <${token}> ` } });
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect((await put("/folder/inner")).status).toBe(204);
    expect(await stored()).toEqual([]);
  });

  it("is refused without a token, with an unknown or somebody else's, and on another address", async () => {
    const token = tokenOf(await lock("/folder"));
    const unlock = (path: string, value: string | undefined, as = "ann") =>
      server.send("UNLOCK", path, { headers: value === undefined ? {} : { "lock-token": value }, as });
    expect((await unlock("/folder", undefined)).status).toBe(400);
    expect((await unlock("/folder", "<>")).status).toBe(400);
    expect((await unlock("/folder", `<${token}>, <${token}>`)).status).toBe(400);
    const unknown = await unlock("/folder", "<urn:x>");
    expect(unknown.status).toBe(409);
    expect(unknown.text).toContain("<d:lock-token-matches-request-uri/>");
    expect((await unlock("/file", `<${token}>`)).status).toBe(409);
    expect((await unlock("/folder", `<${token}>`, "bob")).status).toBe(403);
    const headers = { "lock-token": `<${token}>`, if: '(["none"])' };
    expect((await server.send("UNLOCK", "/folder", { headers })).status).toBe(412);
    expect(await stored()).toHaveLength(1);
  });
});

describe("the habits of OpenCloud and oCIS", () => {
  const TOKEN = "opaquelocktoken:797d6f0e-de5b-4d90-a0d8-1b1d4a6b8b0c";
  const body = (token: string) =>
    `<?xml version="1.0" encoding="utf-8"?><D:lockinfo><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>einstein</D:href></D:owner><d:locktoken><d:href>${token}</d:href></d:locktoken></D:lockinfo>`;

  it("a lock with undeclared prefixes and a token of the client's is taken, refreshed, used and released", async () => {
    const taken = await lock("/file", {}, body(TOKEN));
    expect(taken.status).toBe(200);
    expect(tokenOf(taken)).toBe(TOKEN);
    expect(XMLValidator.validate(taken.text)).toBe(true);
    expect(taken.text).toContain('<d:owner><D:href xmlns:D="DAV:">einstein</D:href></d:owner>');
    expect((await put("/file", { "lock-token": "<>" })).status).toBe(423);
    expect((await put("/file", { "lock-token": `<${TOKEN}>` })).status).toBe(204);
    expect((await put("/file", { "lock-token": `<${TOKEN}>` }, "bob")).status).toBe(423);
    const refreshed = await server.send("LOCK", "/file", { headers: { if: `(${TOKEN})` } });
    expect(refreshed.status).toBe(200);
    const released = await server.send("UNLOCK", "/file", { headers: { "lock-token": `<${TOKEN}>` } });
    expect(released.status).toBe(204);
    expect((await put("/file", { "lock-token": "<>" })).status).toBe(204);
  });

  it("taking it again is refreshing it; its token is for one lock only, and for one principal", async () => {
    await lock("/file", { timeout: "Second-100" }, body(TOKEN));
    expect((await lock("/file", { timeout: "Second-300" }, body(TOKEN))).status).toBe(200);
    expect(await stored()).toMatchObject([{ token: TOKEN, timeout: 300 }]);
    expect((await lock("/folder", {}, body(TOKEN))).status).toBe(409);
    expect((await lock("/file", {}, body(TOKEN), "bob")).status).toBe(423);
    expect((await lock("/folder", {}, body(TOKEN), "bob")).status).toBe(200);
    const unlocked = await server.send("UNLOCK", "/folder", { headers: { "lock-token": `<${TOKEN}>` }, as: "bob" });
    expect(unlocked.status).toBe(204);
    expect(await stored()).toMatchObject([{ principal: "ann" }]);
  });

  it("the state of a lock is read by a PROPFIND for it and the entity tag", async () => {
    await lock("/file", {}, body(TOKEN));
    const asked = '<d:propfind xmlns:d="DAV:"><d:prop><d:lockdiscovery/><d:getetag/></d:prop></d:propfind>';
    const own = await server.send("PROPFIND", "/file", { headers: { depth: "0" }, body: asked });
    expect(own.text).toContain(`<d:locktoken><d:href>${TOKEN}</d:href></d:locktoken>`);
    const other = await server.send("PROPFIND", "/file", { headers: { depth: "0" }, body: asked, as: "bob" });
    expect(other.text).toContain("<d:activelock>");
    expect(other.text).not.toContain(TOKEN);
  });
});

describe("over HTTP", () => {
  it("a lock is taken, used and released, and bodies of 10 MiB are refused", async () => {
    const http = await startShareServer();
    try {
      const path = "/ocm/dav/share-1/file";
      const taken = await raw(http, "LOCK", path, { body: lockInfo() });
      expect(taken.status).toBe(201);
      const token = String(taken.headers["lock-token"]);
      expect((await raw(http, "PUT", path, { body: "x" })).status).toBe(423);
      expect((await raw(http, "PUT", path, { body: "x", headers: { if: `(${token})` } })).status).toBe(204);
      expect((await raw(http, "UNLOCK", path, { headers: { "lock-token": token } })).status).toBe(204);
      for (const method of ["LOCK", "PROPPATCH", "PROPFIND"]) {
        const body = Buffer.alloc(10_485_760, " ");
        expect((await raw(http, method, path, { body })).status, method).toBe(413);
      }
      expect((await raw(http, "PUT", path, { body: "x" })).status).toBe(204);
    } finally {
      await http.close();
    }
  });
});
