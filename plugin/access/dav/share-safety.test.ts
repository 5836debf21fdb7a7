import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderFiles } from "../../hosts/folder.ts";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../share-server.test-helper.ts";

const DAV = "/ocm/dav/share-1";
const METHODS = ["PROPFIND", "GET", "HEAD", "PUT", "MKCOL", "DELETE", "MOVE", "COPY", "PROPPATCH", "LOCK"];
const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
const PATCH =
  '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><x xmlns="urn:x">1</x></d:prop></d:set></d:propertyupdate>';
const BODIES: Record<string, string> = { PUT: "overwritten", LOCK, PROPPATCH: PATCH };

/** What each method answers at a path that it may be sent to. */
async function statuses(server: ShareServer, path: string, methods = METHODS): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const method of methods) {
    const body = BODIES[method];
    const options = { headers: { destination: `${DAV}/made`, depth: "0" }, ...(body === undefined ? {} : { body }) };
    result[method] = (await raw(server, method, DAV + path, options)).status;
  }
  return result;
}
const all = (status: number, methods = METHODS) => Object.fromEntries(methods.map((method) => [method, status]));

describe("a share on a disk", () => {
  let server: ShareServer;
  beforeEach(async () => {
    server = await startShareServer();
    server.files = folderFiles(() => server.home);
    await mkdir(`${server.home}/docs/sub`);
    await mkdir(`${server.home}/private`);
    await writeFile(`${server.home}/docs/a.txt`, "a");
    await writeFile(`${server.home}/private/secret.txt`, "secret");
  });
  afterEach(() => server.close());

  const untouched = async () => {
    expect(await readFile(`${server.home}/private/secret.txt`, "utf8")).toBe("secret");
    expect(await readdir(`${server.home}/private`)).toEqual(["secret.txt"]);
    expect((await readdir(server.home)).sort()).toEqual(["docs", "private"]);
  };

  it.each([
    "/../private/secret.txt",
    "/sub/../../private/secret.txt",
    "/%2e%2e/private/secret.txt",
    "/.%2e/private/secret.txt",
    "/%2E%2E%2Fprivate%2Fsecret.txt",
    "/..%2fprivate%2fsecret.txt",
    "/sub%2f..%2f..%2fprivate",
    "/..%5cprivate%5csecret.txt",
    "/..\\private\\secret.txt",
    "/%c0%ae%c0%ae/private/secret.txt",
    "/a.txt%00.png",
    "/a%0d%0ab",
    "//etc/passwd",
    "/./a.txt",
  ])("answers %s with 400, whatever the method", async (path) => {
    expect(await statuses(server, path)).toEqual(all(400));
    await untouched();
  });

  it("answers a destination that leads out in the same way, for MOVE and COPY", async () => {
    for (const path of ["/../private/x", "/%2e%2e/private/x", "/..%2fprivate%2fx", "/..%5cprivate%5cx", "/x%00"]) {
      for (const method of ["MOVE", "COPY"]) {
        const reply = await raw(server, method, `${DAV}/a.txt`, { headers: { destination: DAV + path } });
        expect(reply.status).toBe(400);
      }
    }
    await untouched();
  });

  it("neither shows nor follows a symbolic link, also one that was made after the share", async () => {
    await raw(server, "PROPFIND", `${DAV}/`);
    await symlink(`${server.home}/private`, `${server.home}/docs/link`);
    await symlink("../private/secret.txt", `${server.home}/docs/file-link`);
    const listing = await raw(server, "PROPFIND", `${DAV}/`, { headers: { depth: "1" } });
    expect(listing.text).toContain("a.txt");
    expect(listing.text).not.toContain("link");
    for (const path of ["/link/secret.txt", "/file-link", "/link", "/link/"]) {
      for (const [method, status] of Object.entries(await statuses(server, path))) {
        expect(status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
        expect(status, `${method} ${path}`).toBeLessThan(500);
      }
    }
    expect((await raw(server, "GET", `${DAV}/link/secret.txt`)).text).not.toContain("secret");
    expect((await raw(server, "PUT", `${DAV}/link/new.txt`, { body: "x" })).status).toBe(409);
    for (const method of ["MOVE", "COPY"]) {
      const headers = { destination: `${DAV}/link/out.txt` };
      expect((await raw(server, method, `${DAV}/a.txt`, { headers })).status).toBe(409);
    }
    await untouched();
  });

  it("does not copy what links lead to", async () => {
    await symlink(`${server.home}/private`, `${server.home}/docs/sub/link`);
    const headers = { destination: `${DAV}/copied` };
    expect((await raw(server, "COPY", `${DAV}/sub`, { headers })).status).toBe(201);
    expect(await readdir(`${server.home}/docs/copied`)).toEqual([]);
  });

  it("does not follow a folder that is exchanged for a link", async () => {
    expect((await raw(server, "PUT", `${DAV}/sub/x`, { body: "x" })).status).toBe(201);
    await rm(`${server.home}/docs/sub`, { recursive: true });
    await symlink(`${server.home}/private`, `${server.home}/docs/sub`);
    expect((await raw(server, "GET", `${DAV}/sub/secret.txt`)).status).toBe(404);
    expect((await raw(server, "PUT", `${DAV}/sub/secret.txt`, { body: "x" })).status).toBe(409);
    expect((await raw(server, "DELETE", `${DAV}/sub/secret.txt`)).status).toBe(404);
    await untouched();
  });

  it("answers paths of 10,000 characters with 414, and names that the disk does not take with 4xx", async () => {
    expect(await statuses(server, `/${"x".repeat(10_000)}`)).toEqual(all(414));
    const many = "/x".repeat(3_999);
    const long = `/${"x".repeat(300)}`;
    for (const path of [many, long]) {
      for (const [method, status] of Object.entries(await statuses(server, path))) {
        expect(status, `${method} ${path.slice(0, 5)}`).toBeGreaterThanOrEqual(400);
        expect(status, `${method} ${path.slice(0, 5)}`).toBeLessThan(500);
      }
    }
  });

  it("keeps the two Unicode forms of a name apart in every method", async () => {
    const composed = `/${encodeURIComponent("é".normalize("NFC"))}`;
    const decomposed = `/${encodeURIComponent("é".normalize("NFD"))}`;
    await raw(server, "PUT", DAV + composed, { body: "composed" });
    expect((await raw(server, "GET", DAV + decomposed)).status).toBe(404);
    await raw(server, "COPY", DAV + composed, { headers: { destination: DAV + decomposed } });
    await raw(server, "PUT", DAV + decomposed, { body: "decomposed" });
    expect((await raw(server, "GET", DAV + composed)).text).toBe("composed");
    await raw(server, "MOVE", DAV + decomposed, { headers: { destination: DAV + composed } });
    expect((await raw(server, "GET", DAV + composed)).text).toBe("decomposed");
    expect((await raw(server, "GET", DAV + decomposed)).status).toBe(404);
  });

  it("answers 403 to every change where it is for reading only", async () => {
    server.shares.set("share-1", outgoingShare({ permissions: ["read", "share"] }));
    const changing = ["PUT", "MKCOL", "DELETE", "MOVE", "COPY", "PROPPATCH", "LOCK", "UNLOCK"];
    for (const path of ["/a.txt", "/new", ""]) {
      expect(await statuses(server, path, changing)).toEqual(all(403, changing));
    }
    expect(await readFile(`${server.home}/docs/a.txt`, "utf8")).toBe("a");
  });
});

describe("a shared file", () => {
  let server: ShareServer;
  beforeEach(async () => {
    const file = { resourceType: "file", path: "/docs/real name.txt", name: "My file.txt" } as const;
    server = await startShareServer(outgoingShare(file));
    server.files = folderFiles(() => server.home);
    await writeFile(`${server.home}/docs/real name.txt`, "content");
    await writeFile(`${server.home}/docs/other.txt`, "other");
  });
  afterEach(() => server.close());

  it.each(["", "/", "/My%20file.txt", "/real%20name.txt"])("does all that a file does at <uri>%s", async (path) => {
    const send = (method: string, headers: Record<string, string> = {}, body?: string) =>
      raw(server, method, DAV + path, { headers, ...(body === undefined ? {} : { body }) });
    expect((await send("OPTIONS")).headers.dav).toBe("1, 2");
    expect((await send("HEAD")).headers["content-length"]).toBe("7");
    expect((await send("GET", { range: "bytes=0-1,4-5" })).status).toBe(206);
    expect((await send("PROPPATCH", {}, PATCH)).status).toBe(207);
    expect((await send("PROPFIND", { depth: "0" })).text).toContain('<x xmlns="urn:x">1</x>');
    const lock = await send("LOCK", {}, LOCK);
    expect(lock.status).toBe(200);
    const token = String(lock.headers["lock-token"]);
    for (const other of ["", "/", "/My%20file.txt", "/real%20name.txt"]) {
      expect((await raw(server, "PUT", DAV + other, { body: "stolen" })).status).toBe(423);
    }
    expect((await send("PUT", { if: `(${token})` }, "changed")).status).toBe(204);
    expect((await send("UNLOCK", { "lock-token": token })).status).toBe(204);
    expect((await send("PUT", {}, "changed again")).status).toBe(204);
    expect((await send("GET")).text).toBe("changed again");
    expect((await stat(`${server.home}/docs/real name.txt`)).size).toBe(13);
    expect((await send("PUT", { "if-none-match": "*" }, "x")).status).toBe(412);
    for (const method of ["DELETE", "MOVE", "COPY"]) {
      expect((await send(method, { destination: `${DAV}/x` })).status).toBeGreaterThanOrEqual(403);
    }
    expect((await readdir(`${server.home}/docs`)).sort()).toEqual(["other.txt", "real name.txt"]);
  });

  it("shows nothing of the folder that it is in", async () => {
    for (const path of ["/other.txt", "/real%20name.txt/x", "/docs/other.txt"]) {
      for (const [method, status] of Object.entries(await statuses(server, path))) {
        expect(status, `${method} ${path}`).toBe(404);
      }
    }
  });
});
