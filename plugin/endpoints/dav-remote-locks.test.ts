import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ShareServer } from "../access/share-server.test-helper.ts";
import { methods, responseOf, type World, worldWithAlice } from "./dav-remote.test-helper.ts";

let world: World;
let alice: ShareServer;

beforeEach(async () => {
  ({ world, alice } = await worldWithAlice());
});
afterEach(() => world.close());

const propfind = (path: string, depth?: string) => world.propfind(path, depth);

describe("locks and properties in the tree", () => {
  const LOCK =
    '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
  beforeEach(() => void world.share(alice));

  async function locked(path: string): Promise<string> {
    const answer = await world.ask("LOCK", path, { body: LOCK, headers: { timeout: "Second-60", depth: "0" } });
    expect([200, 201]).toContain(answer.status);
    expect(answer.text).toContain("<d:locktoken>");
    return answer.headers["lock-token"]?.toString() ?? "";
  }

  it("hold between the programs of the person, until they are given back or have run out", async () => {
    const token = await locked("/Documents/a.txt");
    const other = { authorization: await world.password() };
    const write = (headers: Record<string, string> = {}) =>
      world.ask("PUT", "/Documents/a.txt", { body: "new", headers });
    const refused = await write();
    expect(refused.status).toBe(423);
    expect((await write({ if: `<${world.url}/Documents/a.txt> (${token})` })).status).toBe(204);
    alice.seen.length = 0;
    expect(refused.text).toContain("<d:lock-token-submitted><d:href>/ocm/dav/remote/Documents/a.txt</d:href>");
    expect((await write({ ...other, if: `(${token})` })).status).toBe(423);
    expect((await world.ask("DELETE", "/Documents/a.txt")).status).toBe(423);
    const destination = `${world.url}/Documents/b.txt`;
    expect((await world.ask("MOVE", "/Documents/a.txt", { headers: { destination } })).status).toBe(423);
    expect(methods(alice).filter((method) => method !== "PROPFIND")).toEqual([]);
    expect((await write({ if: `(${token})` })).status).toBe(204);
    const listed = await propfind("/Documents/");
    expect(responseOf(listed.text, "/ocm/dav/remote/Documents/a.txt")).toContain(token.slice(1, -1));
    expect(responseOf(listed.text, "/ocm/dav/remote/Documents/sub/")).not.toContain("activelock");
    expect((await world.ask("UNLOCK", "/Documents/a.txt", { headers: { ...other, "lock-token": token } })).status).toBe(
      403,
    );
    expect((await world.ask("UNLOCK", "/Documents/a.txt", { headers: { "lock-token": token } })).status).toBe(204);
    expect((await write()).status).toBe(204);
    await locked("/Documents/a.txt");
    world.clock.at += 61_000;
    expect((await write()).status).toBe(204);
  });

  it("stay with the share when its name in the tree changes", async () => {
    const other = world.share(alice, { createdAt: 99 });
    const token = await locked("/Documents%20(alice%40a.example)/a.txt");
    const record = world.shares.get(other);
    for (const id of world.shares.keys()) if (id !== other) world.shares.delete(id);
    expect(record?.name).toBe("Documents");
    expect((await world.ask("PUT", "/Documents/a.txt", { body: "new" })).status).toBe(423);
    expect((await world.ask("PUT", "/Documents/a.txt", { body: "new", headers: { if: `(${token})` } })).status).toBe(
      204,
    );
  });

  it("are found by an address that the client spells in its own way", async () => {
    world.share(alice, { name: "a (b)@c" });
    const spelled = "/a%20%28b%29@c/a.txt";
    const token = await locked(spelled);
    const headers = { if: `<${world.url}${spelled}> (${token})` };
    expect((await world.ask("PUT", spelled, { body: "new", headers })).status).toBe(204);
  });

  it("make an empty file where nothing is, as clients expect that save a new file", async () => {
    const token = await locked("/Documents/new.txt");
    expect(await readFile(join(alice.home, "docs", "new.txt"), "utf8")).toBe("");
    expect((await world.ask("PUT", "/Documents/new.txt", { body: "x", headers: { if: `(${token})` } })).status).toBe(
      204,
    );
    expect((await world.ask("DELETE", "/Documents/new.txt", { headers: { if: `(${token})` } })).status).toBe(204);
    await locked("/Documents/new.txt");
  });

  it("evaluate an If header with entity tags", async () => {
    const { etag = "" } = (await world.ask("GET", "/Documents/a.txt")).headers;
    const write = (condition: string) =>
      world.ask("PUT", "/Documents/a.txt", { body: "new", headers: { if: condition } });
    expect((await write('(["old"])')).status).toBe(412);
    expect((await write(`([${etag}])`)).status).toBe(204);
  });

  it("keep what a program notes about a file, also when the file moves", async () => {
    const body =
      '<d:propertyupdate xmlns:d="DAV:" xmlns:x="urn:x"><d:set><d:prop><x:mark>red</x:mark></d:prop></d:set></d:propertyupdate>';
    expect((await world.ask("PROPPATCH", "/Documents/a.txt", { body })).status).toBe(207);
    const destination = `${world.url}/Documents/b.txt`;
    expect((await world.ask("MOVE", "/Documents/a.txt", { headers: { destination } })).status).toBe(201);
    const { text } = await propfind("/Documents/");
    expect(responseOf(text, "/ocm/dav/remote/Documents/b.txt")).toContain(">red<");
    expect((await world.ask("DELETE", "/Documents/b.txt")).status).toBe(204);
    expect((await world.ask("PUT", "/Documents/b.txt", { body: "x" })).status).toBe(201);
    expect((await propfind("/Documents/b.txt", "0")).text).not.toContain(">red<");
  });
});
