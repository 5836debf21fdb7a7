import { mkdir, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostEntry } from "../../../ports/host.ts";
import type { Lock } from "../../../ports/records.ts";
import { entityTag } from "../preconditions.ts";
import type { DavRequest } from "../request.ts";
import { type LockServer, lockInfo, startLockServer, tokenOf } from "./lock-server.test-helper.ts";
import { type Change, checkIf, locksMoved, mayChange } from "./locks.ts";

let server: LockServer;
beforeEach(async () => {
  server = await startLockServer();
  await mkdir(`${server.home}/folder/deep`, { recursive: true });
  await writeFile(`${server.home}/file`, "old");
  await writeFile(`${server.home}/folder/inner`, "old");
});
afterEach(() => server.close());

const lock = async (path: string, headers: Record<string, string> = {}, as = "ann") =>
  tokenOf(await server.send("LOCK", path, { headers, body: lockInfo(), as }));
const status = async (method: string, path: string, headers: Record<string, string> = {}, as = "ann") =>
  (await server.send(method, path, { headers, as, ...(method === "PUT" ? { body: "new" } : {}) })).status;
const tag = async (path: string) => {
  const entry = await server.files.stat("alice", path);
  return entry === undefined ? "" : entityTag(entry);
};
const asked = (headers: Record<string, string>): DavRequest => ({
  method: "PUT",
  path: "/file",
  headers,
  body: Readable.from([]),
});

describe("a lock", () => {
  it("of a file keeps it from being written, moved, removed and replaced without its token", async () => {
    const token = await lock("/file");
    const destination = { destination: "/dav/s1/other" };
    const refused = [
      await status("PUT", "/file"),
      await status("DELETE", "/file"),
      await status("MOVE", "/file", destination),
      await status("COPY", "/folder/inner", { destination: "/dav/s1/file" }),
      await status("MOVE", "/folder/inner", { destination: "/dav/s1/file" }),
    ];
    expect(refused).toEqual(Array(5).fill(423));
    expect(await status("GET", "/file")).toBe(200);
    expect(await status("COPY", "/file", destination)).toBe(201);
    expect(await status("DELETE", "/file", { if: `(<${token}>)` })).toBe(204);
  });

  it("of depth 0 on a folder keeps its members from coming and going, and not from changing", async () => {
    const token = await lock("/folder", { depth: "0" });
    expect(await status("PUT", "/folder/new")).toBe(423);
    expect(await status("MKCOL", "/folder/new")).toBe(423);
    expect(await status("DELETE", "/folder/inner")).toBe(423);
    expect(await status("MOVE", "/file", { destination: "/dav/s1/folder/new" })).toBe(423);
    expect(await status("MOVE", "/folder/inner", { destination: "/dav/s1/new" })).toBe(423);
    expect(await status("PUT", "/folder/inner")).toBe(204);
    expect(await status("PUT", "/folder/deep/new")).toBe(201);
    expect(await status("PUT", "/folder/new", { if: `</dav/s1/folder/> (<${token}>)` })).toBe(201);
  });

  it("of depth infinity on a folder keeps all below it from changing", async () => {
    const token = await lock("/folder");
    expect(await status("PUT", "/folder/deep/new")).toBe(423);
    expect(await status("PUT", "/folder/inner")).toBe(423);
    expect(await status("PUT", "/folder/inner", { if: `(<${token}>)` })).toBe(204);
    expect(await status("PUT", "/file")).toBe(204);
  });

  it("below a folder keeps the folder from being removed, moved and replaced, and names what is in the way", async () => {
    const token = await lock("/folder/inner");
    await lock("/folder/deep", {}, "bob");
    const unseen = { path: "/docs/folder", deep: true, entry: undefined };
    await expect(mayChange(asked({}), server.deps(), [unseen])).rejects.toMatchObject({ status: 423 });
    const answer = await server.send("DELETE", "/folder");
    expect(answer.status).toBe(423);
    expect(answer.text).toContain(
      "<d:lock-token-submitted><d:href>/dav/s1/folder/inner</d:href><d:href>/dav/s1/folder/deep</d:href></d:lock-token-submitted>",
    );
    expect(await status("MOVE", "/folder", { destination: "/dav/s1/other" })).toBe(423);
    expect(await status("DELETE", "/folder", { if: `</dav/s1/folder/inner> (<${token}>)` })).toBe(423);
    server.now += 3_600_000;
    expect(await status("DELETE", "/folder")).toBe(204);
  });

  it("does not go with a file that is moved or removed, nor stay at its old place", async () => {
    const token = await lock("/file");
    await status("MOVE", "/file", { destination: "/dav/s1/moved", if: `(<${token}>)` });
    expect(await status("PUT", "/moved")).toBe(204);
    expect(await status("PUT", "/file")).toBe(201);
    await lock("/folder/inner");
    await lock("/folder/deep");
    await lock("/file", {}, "bob");
    await locksMoved(server.deps(), "/docs/folder");
    expect((await server.store.locks.get("files:alice"))?.locks).toMatchObject([{ path: "/docs/file" }]);
  });

  it("that others share in depth infinity keeps what is below a folder, though not a file that one shares oneself", async () => {
    const share = (path: string, depth: string, as: string) =>
      server.send("LOCK", path, { headers: { depth }, body: lockInfo("shared"), as });
    const folder = tokenOf(await share("/folder", "0", "ann"));
    await share("/folder", "infinity", "bob");
    expect(await status("DELETE", "/folder", { if: `(<${folder}>)` })).toBe(423);
    const file = tokenOf(await share("/file", "0", "ann"));
    await share("/file", "infinity", "bob");
    expect(await status("DELETE", "/file", { if: `(<${file}>)` })).toBe(204);
  });

  it("is read once for a request, and not at all for a GET", async () => {
    server.store.questions["locks.get"] = 0;
    await mayChange(asked({}), server.deps(), [
      { path: "/docs/file", entry: undefined },
      { path: "/docs/new", member: true, deep: true, entry: undefined },
    ]);
    expect(server.store.questions["locks.get"]).toBe(1);
    await status("GET", "/file");
    await checkIf(asked({}), server.deps(), undefined);
    expect(server.store.questions["locks.get"]).toBe(1);
  });
});

describe("a change", () => {
  const lockable = ["/", "/docs", "/docs/a", "/docs/a/x", "/docs/a/y", "/docs/ab", "/docs/b"];
  /** Each is a folder with one more member, which never has a lock of its own. */
  const world = lockable.flatMap((path) => [path, path === "/" ? "/m" : `${path}/m`]);
  const folder: HostEntry = { name: "f", type: "folder", size: 0, modifiedAt: 0, etag: "f" };
  const parent = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";
  const within = (path: string, folder: string) => path === folder || folder === "/" || path.startsWith(`${folder}/`);

  it("goes on exactly where each locked resource that it changes has a lock whose own token is submitted", async () => {
    const locks = fc.array(
      fc.record({
        path: fc.constantFrom(...lockable),
        depth: fc.constantFrom("0" as const, "infinity" as const),
        scope: fc.constantFrom("exclusive" as const, "shared" as const),
        principal: fc.constantFrom("ann", "ann", "bob"),
        expired: fc.boolean(),
      }),
      { maxLength: 5 },
    );
    const changes = fc.array(
      fc.record({ path: fc.constantFrom(...lockable.slice(2)), deep: fc.boolean(), member: fc.boolean() }),
      { minLength: 1, maxLength: 2 },
    );
    await fc.assert(
      fc.asyncProperty(locks, changes, fc.subarray([0, 1, 2, 3, 4]), async (shapes, shallow, submitted) => {
        const all = shapes.map(
          ({ expired, ...shape }, index): Lock => ({
            ...shape,
            token: `urn:t:${index}`,
            owner: "",
            timeout: 1,
            expiresAt: server.now + (expired ? 0 : 1),
          }),
        );
        await server.store.locks.remove("files:alice");
        await server.store.locks.put({ tree: "files:alice", version: 1, locks: all, updatedAt: 0 });
        const changed = new Set(
          shallow.flatMap(({ path, deep, member }) => [
            ...world.filter((place) => place === path || (deep && within(place, path))),
            ...(member ? [parent(path)] : []),
          ]),
        );
        const free = [...changed].every((place) => {
          const holding = all.filter(
            (one) =>
              one.expiresAt > server.now &&
              (one.path === place || (one.depth === "infinity" && within(place, one.path))),
          );
          return (
            holding.length === 0 ||
            holding.some((one) => one.principal === "ann" && submitted.includes(all.indexOf(one)))
          );
        });
        const tokens = submitted.map((index) => `(Not <urn:t:${index}>)`).join("");
        const headers: Record<string, string> = tokens === "" ? {} : { if: `${tokens}(Not <DAV:no-lock>)` };
        const wanted: Change[] = shallow.map((change) => ({ ...change, entry: change.deep ? folder : undefined }));
        const outcome = await mayChange(asked(headers), server.deps(), wanted).then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: "locked", status: 423 });
            return false;
          },
        );
        expect(outcome).toBe(free);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the If header of a request", () => {
  it("is about the request URI where it has no tags", async () => {
    expect(await status("PUT", "/file", { if: `([${await tag("/docs/file")}])` })).toBe(204);
    expect(await status("PUT", "/file", { if: '(["other"])' })).toBe(412);
    expect(await status("PUT", "/file", { if: `(["other"]) (Not ["other"])` })).toBe(204);
    expect(await status("PUT", "/file", { if: "(<urn:uuid:none>)" })).toBe(412);
    expect(await status("PUT", "/file", { if: "(<DAV:no-lock>)" })).toBe(412);
    expect(await status("PUT", "/file", { if: "(Not <DAV:no-lock>)" })).toBe(204);
    expect(await status("PUT", "/new", { if: `([${await tag("/docs/file")}])` })).toBe(412);
    expect(await status("PUT", "/file", { if: '(W/"x")' })).toBe(412);
    expect(await status("PUT", "/file", { if: "(" })).toBe(400);
    const source = `([${await tag("/docs/folder/inner")}])`;
    expect(await status("COPY", "/folder/inner", { destination: "/dav/s1/copy", if: source })).toBe(201);
  });

  it("is about what its tags name, as a path or as a URL of this server", async () => {
    const inner = await tag("/docs/folder/inner");
    for (const address of [
      "/dav/s1/folder/inner",
      "https://a.example/dav/s1/folder/inner",
      "HTTPS://A.EXAMPLE/dav/s1/folder/inner",
    ]) {
      expect(await status("PUT", "/file", { if: `<${address}> ([${inner}])` })).toBe(204);
      expect(await status("PUT", "/file", { if: `<${address}> (["other"])` })).toBe(412);
    }
    for (const address of [
      "https://b.example/dav/s1/folder/inner",
      "/dav/s2/folder/inner",
      "/dav/s10/folder/inner",
      "/dav/s1/folder/../folder/inner",
      "/dav/s1/folder%2finner",
      "folder/inner",
      "/etc/passwd",
    ]) {
      expect(await status("PUT", "/file", { if: `<${address}> ([${inner}])` }), address).toBe(412);
      expect(await status("PUT", "/file", { if: `<${address}> (Not [${inner}])` }), address).toBe(204);
    }
  });

  it("knows its own server with a default port too", async () => {
    const etag = (await server.send("HEAD", "/file")).headers.etag;
    const tagged = (origin: string) => status("PUT", "/new", { if: `<${origin}/dav/s1/file> ([${etag}])` });
    expect(await tagged("https://b.example")).toBe(412);
    expect(await tagged("https://A.example:443")).toBe(201);
  });

  it("compares the entity tag of a folder that a PROPFIND tells", async () => {
    await status("PUT", "/folder/inner");
    const listing = await server.send("PROPFIND", "/folder", { headers: { depth: "0" } });
    const told = /<d:getetag>(?:&quot;|")(.*?)(?:&quot;|")<\/d:getetag>/.exec(listing.text)?.[1];
    expect(told, listing.text).toMatch(/./);
    expect(await status("PUT", "/file", { if: `</dav/s1/folder> (["${told}"])` })).toBe(204);
    expect(await status("DELETE", "/folder", { if: '(["other"])' })).toBe(412);
    expect(await status("DELETE", "/folder", { if: `(["${told}"])` })).toBe(204);
  });

  it("looks up the entity tag of a folder where the caller has not", async () => {
    await status("PUT", "/folder/inner");
    const bare = await server.files.stat("alice", "/docs/folder");
    const headers = { if: `</dav/s1/folder> ([${await tag("/docs/folder")}])` };
    const change = { path: "/docs/folder", entry: bare };
    await expect(mayChange(asked(headers), server.deps(), [change])).rejects.toMatchObject({ status: 412 });
  });

  it("holds for a token of somebody else's lock, and does not unlock it", async () => {
    const token = await lock("/file", {}, "ann");
    expect(await status("PUT", "/file", { if: `(<${token}>)` }, "bob")).toBe(423);
    expect(await status("PUT", "/folder/inner", { if: `</dav/s1/file> (<${token}>)` }, "bob")).toBe(204);
    expect(await status("PUT", "/file", { if: `(<${token}> ["other"])` })).toBe(412);
    expect(await status("PUT", "/file", { if: `(<${token}> ["other"]) (Not <DAV:no-lock>)` })).toBe(204);
    expect(await status("PUT", "/file", { if: `(<${token}x>) (Not <DAV:no-lock>)` })).toBe(423);
  });

  it("looks at each resource once, and at no more than a hundred", async () => {
    let looks = 0;
    const { stat } = server.files;
    server.files.stat = (...all) => {
      looks += 1;
      return stat(...all);
    };
    const lists = (count: number, more: string) =>
      Array.from({ length: count }, (_, n) => `</dav/s1/x${more === "" ? n : more}> (["a"])`).join("");
    await expect(mayChange(asked({ if: lists(101, "") }), server.deps(), [])).rejects.toMatchObject({ status: 400 });
    expect(looks).toBe(0);
    await expect(mayChange(asked({ if: lists(500, "same") }), server.deps(), [])).rejects.toMatchObject({
      status: 412,
    });
    expect(looks).toBe(1);
  });

  it("can be asked about alone, for a request that changes nothing", async () => {
    const check = (value: string) => checkIf({ ...asked({ if: value }), method: "GET" }, server.deps(), undefined);
    await expect(check('(["other"])')).rejects.toMatchObject({ status: 412 });
    await expect(check("(<urn:uuid:none>)")).rejects.toMatchObject({ status: 412 });
    await expect(check("((")).rejects.toMatchObject({ status: 400 });
    const token = await lock("/file");
    expect(await check(`(<${token}> Not ["other"])`)).toEqual(new Set([token]));
  });
});
