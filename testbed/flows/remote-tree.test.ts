import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type FileStat } from "webdav";
import { eventually } from "../scenarios/steps.ts";
import { accepted, befriend, type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Exchange } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

describe.each(flowDatabases())("What others share, as one WebDAV tree on $name", (database) => {
  let world: Federation<"alpha" | "beta">;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {} });
  });
  afterAll(() => world.close());

  async function people(): Promise<[Person, Person]> {
    const alice = await world.servers.alpha.person();
    const bob = await world.servers.beta.person();
    await befriend(alice, bob);
    return [alice, bob];
  }

  /** A folder with a file in it, shared and accepted. */
  async function sharedFolder(alice: Person, bob: Person): Promise<{ sent: string; received: string }> {
    await alice.put("/album/deep/note.txt", "first");
    const sent = await alice.share("/album", bob.address, { permissions: ["read", "write"] });
    const { id } = await eventually("the folder", async () =>
      (await bob.received()).find(({ name }) => name === "album"),
    );
    await bob.acceptShare(id);
    return { sent: sent.id, received: id };
  }

  /** A WebDAV client of others with an app password made for it. */
  async function program(bob: Person) {
    const made = await bob.ask("POST", "/passwords", { name: "Laptop" });
    expect(made.status).toBe(201);
    const { id, password } = made.json as { id: string; password: string };
    world.secrets.add(password);
    const url = `${world.servers.beta.origin}/ocm/dav/remote`;
    return { id, url, password, client: createClient(url, { username: bob.id, password }) };
  }

  /** Requests for bytes that reach the owner's server while the work is done. */
  async function upstream(share: string, work: () => Promise<unknown>): Promise<Exchange[]> {
    const before = world.traffic.length;
    await work();
    return world.traffic.slice(before).filter(({ path }) => path.startsWith(`/ocm/dav/${share}`));
  }

  it("opens with an app password to a program that knows nothing of Open Cloud Mesh, which lists, reads and writes", async () => {
    const [alice, bob] = await people();
    const { sent } = await sharedFolder(alice, bob);
    const { client } = await program(bob);
    expect((await client.getDirectoryContents("/")) as FileStat[]).toMatchObject([{ basename: "album" }]);
    const asked = await upstream(sent, () => client.getDirectoryContents("/album"));
    expect(asked.map(({ method }) => method)).toEqual(["PROPFIND"]);
    expect(await client.getFileContents("/album/deep/note.txt", { format: "text" })).toBe("first");
    expect(await client.putFileContents("/album/new.txt", "from Bob")).toBe(true);
    expect(await alice.own("/album/new.txt")).toBe("from Bob");
    await client.createDirectory("/album/made");
    await client.moveFile("/album/new.txt", "/album/made/moved.txt");
    await client.copyFile("/album/made/moved.txt", "/album/made/copy.txt");
    expect(await alice.own("/album/made/copy.txt")).toBe("from Bob");
    await client.deleteFile("/album/made");
    const left = (await client.getDirectoryContents("/album")) as FileStat[];
    expect(left.map(({ basename }) => basename)).toEqual(["deep"]);
  });

  it("is closed to a wrong password, to one that was withdrawn, and shows nothing of other people", async () => {
    const [alice, bob] = await people();
    await accepted(alice, bob);
    const { client, id } = await program(bob);
    const carol = await world.servers.beta.person();
    const carols = await program(carol);
    expect(await carols.client.getDirectoryContents("/")).toEqual([]);
    await expect(carols.client.getFileContents("/shared.txt")).rejects.toMatchObject({ status: 404 });
    expect(((await client.getDirectoryContents("/")) as FileStat[]).length).toBe(1);
    expect((await bob.ask("DELETE", `/passwords/${id}`)).status).toBe(204);
    await expect(client.getDirectoryContents("/")).rejects.toMatchObject({ status: 401 });
    const wrong = createClient(`${world.servers.beta.origin}/ocm/dav/remote`, { username: bob.id, password: "wrong" });
    await expect(wrong.getDirectoryContents("/")).rejects.toMatchObject({ status: 401 });
  });

  it("shows in a folder's entity tag what changed anywhere below it, by one probe", async () => {
    const [alice, bob] = await people();
    await sharedFolder(alice, bob);
    const { client } = await program(bob);
    const tag = async () => {
      const found = await client.stat("/album");
      return "etag" in found ? found.etag : null;
    };
    const before = await tag();
    expect(before).not.toBeNull();
    expect(await tag()).toBe(before);
    await client.putFileContents("/album/deep/note.txt", "second", { overwrite: true });
    const after = await tag();
    expect(after).not.toBe(before);
  });

  it("gives the last known listing when the owner's server is gone, with the reason, and the share stays", async () => {
    const [alice, bob] = await people();
    const { received } = await sharedFolder(alice, bob);
    const fresh = await bob.ask("GET", `/shares/received/${received}/entries`);
    expect(fresh.json).toMatchObject({ stale: null, children: [{ name: "deep" }] });
    await world.servers.alpha.down();
    try {
      const begun = Date.now();
      const stale = await bob.ask("GET", `/shares/received/${received}/entries`);
      expect(Date.now() - begun).toBeLessThan(5_000);
      expect(stale).toMatchObject({ status: 200, json: { children: [{ name: "deep" }] } });
      expect((stale.json as { stale: unknown }).stale).toMatchObject({ reason: { code: "peer-unreachable" } });
      expect(await bob.receivedShare(received)).toMatchObject({ status: "accepted" });
    } finally {
      await world.servers.alpha.up();
    }
  });
});
