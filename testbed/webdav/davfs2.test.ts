import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dav } from "./dav-request.test-helper.ts";
import { plant } from "./files.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

const PROPFIND = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype xmlns="DAV:"/>
<getcontentlength xmlns="DAV:"/><getetag xmlns="DAV:"/><getlastmodified xmlns="DAV:"/>
<executable xmlns="http://apache.org/dav/props/"/></prop></propfind>`;
const QUOTA = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><quota-available-bytes xmlns="DAV:"/>
<quota-used-bytes xmlns="DAV:"/></prop></propfind>`;
const LOCK = `<?xml version="1.0" encoding="utf-8"?><lockinfo xmlns='DAV:'> <lockscope><exclusive/></lockscope>
<locktype><write/></locktype><owner>davfs2 1.6.1</owner></lockinfo>`;

/** A mount needs FUSE and root, so what davfs2 1.6.1 sends is sent again here, as it was seen when a share was mounted by hand. */
describe("The requests of davfs2", () => {
  let world: DavWorld;
  let share: DavShare;

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "mounted"), { strict: true });
    await plant(share.disk, { "hello.txt": "hello" });
  });
  afterAll(() => world.close());

  it("mount a share", async () => {
    const options = await dav(share, "OPTIONS", "/");
    expect(options.status).toBe(200);
    expect(options.headers.dav).toMatch(/\b1\b.*\b2\b/);
    const listed = await dav(share, "PROPFIND", "/", { headers: { depth: "1" }, body: PROPFIND });
    expect(listed.status).toBe(207);
    expect(listed.text).toContain("/hello.txt<");
    const quota = await dav(share, "PROPFIND", "/", { headers: { depth: "0" }, body: QUOTA });
    expect(Number(/quota-available-bytes>(\d+)/.exec(quota.text)?.[1])).toBeGreaterThan(0);
  });

  it("create a file under a lock and write it once it is closed", async () => {
    const path = "/from%20davfs%20%c3%bc.txt";
    const locked = await dav(share, "LOCK", path, { headers: { depth: "0", timeout: "Second-1800" }, body: LOCK });
    expect(locked.status).toBe(201);
    const token = String(locked.headers["lock-token"]);
    const { status, headers } = await dav(share, "HEAD", path);
    expect(status).toBe(200);
    expect(headers["content-length"]).toBe("0");
    const conditions = { "if-match": String(headers.etag), if: `<${share.url}${path}> (${token})` };
    expect((await dav(share, "PUT", path, { headers: conditions, body: "written" })).status).toBe(204);
    // Its tag has changed.
    expect((await dav(share, "PUT", path, { headers: conditions, body: "written again" })).status).toBe(412);
    expect((await dav(share, "UNLOCK", path, { headers: { "lock-token": token } })).status).toBe(204);
    expect(await readFile(join(share.disk, "from davfs ü.txt"), "utf8")).toBe("written");
  });

  it("refresh a lock that is held for long", async () => {
    const locked = await dav(share, "LOCK", "/hello.txt", { headers: { timeout: "Second-1800" }, body: LOCK });
    const token = String(locked.headers["lock-token"]);
    const headers = { if: `<${share.url}/hello.txt> (${token})`, timeout: "Second-1800" };
    const refreshed = await dav(share, "LOCK", "/hello.txt", { headers });
    expect(refreshed.status).toBe(200);
    expect(refreshed.text).toContain(token.slice(1, -1));
    expect((await dav(share, "UNLOCK", "/hello.txt", { headers: { "lock-token": token } })).status).toBe(204);
  });

  it("make a folder, move a file into it and remove both", async () => {
    expect((await dav(share, "MKCOL", "/made/")).status).toBe(201);
    const headers = { destination: `${share.url}/made/moved.txt`, overwrite: "T" };
    expect((await dav(share, "MOVE", "/hello.txt", { headers })).status).toBe(201);
    expect((await dav(share, "DELETE", "/made/moved.txt")).status).toBe(204);
    expect((await dav(share, "DELETE", "/made/")).status).toBe(204);
  });
});
