import { appendFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CopyView, NewCopy } from "../../api.ts";
import { HostFileError } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type Bench, bench, contents, until } from "./copies.test-helper.ts";
import { type Copies, createCopies } from "./copies.ts";

let b: Bench;
let copies: Copies;

beforeEach(async () => {
  b = await bench();
  copies = createCopies(b.deps);
});
afterEach(async () => {
  await copies.close();
  await b.close();
});

const MIB = 2 ** 20;
const down = (copy: Partial<NewCopy> = {}): NewCopy => ({
  share: "received-1",
  direction: "from-share",
  remotePath: "tree",
  localPath: "/copy",
  ...copy,
});
const up = (copy: Partial<NewCopy> = {}): NewCopy => ({
  share: "received-1",
  direction: "to-share",
  remotePath: "copy",
  localPath: "/tree",
  ...copy,
});

async function tree(home: string): Promise<void> {
  await mkdir(join(home, "tree/b/deep"), { recursive: true });
  await mkdir(join(home, "tree/b c"));
  await mkdir(join(home, "tree/empty"));
  await writeFile(join(home, "tree/a.txt"), "a");
  await writeFile(join(home, "tree/b/deep/é 文.txt"), "deep");
  await writeFile(join(home, "tree/b/none"), "");
  await writeFile(join(home, "tree/b c/large"), Buffer.alloc(3 * MIB, "large"));
  await writeFile(join(home, "tree/z"), Buffer.alloc(200_000, "z"));
}

async function ended(id: string): Promise<CopyView> {
  await until(async () => (await copies.api.get("bob", id)).status !== "running");
  return copies.api.get("bob", id);
}

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OcmError) return error.code;
    throw error;
  }
  return "none";
}

describe("a copy from a share", () => {
  it("brings a folder over, byte for byte, with one listing for each folder", async () => {
    await tree(b.owners);
    await utimes(join(b.owners, "tree/a.txt"), 1_600_000_000, 1_600_000_000);
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    expect(await ended(id)).toMatchObject({
      status: "done",
      reason: null,
      filesDone: 5,
      bytesDone: 3 * MIB + 200_005,
      filesTotal: 5,
      bytesTotal: 3 * MIB + 200_005,
      current: null,
    });
    expect(await contents(join(b.own, "copy"))).toEqual(await contents(join(b.owners, "tree")));
    expect(Math.round((await stat(join(b.own, "copy/a.txt"))).mtimeMs)).toBe(1_600_000_000_000);
    const listed = b.owner.asked.filter((line) => line.startsWith("PROPFIND"));
    expect(listed).toEqual(
      ["tree", "tree/b", "tree/b/deep", "tree/b c", "tree/empty"].map((path) => `PROPFIND ${path}`),
    );
    expect(b.changed).toContain("/copy/b/deep/é 文.txt");
    expect(b.changed).toHaveLength(10);
  });

  it("brings a single file over", async () => {
    await writeFile(join(b.owners, "one"), "content");
    copies.start();
    const { id } = await copies.api.start("bob", down({ remotePath: "one", localPath: "/mine" }), {});
    expect(await ended(id)).toMatchObject({ status: "done", filesDone: 1, bytesDone: 7 });
    expect(await readFile(join(b.own, "mine"), "utf8")).toBe("content");
  });

  it("is refused where something is at the destination, and where its folder is missing", async () => {
    await mkdir(join(b.own, "copy"));
    expect(await code(copies.api.start("bob", down(), {}))).toBe("conflict");
    expect(await code(copies.api.start("bob", down({ localPath: "/no/copy" }), {}))).toBe("resource-missing");
    expect(await code(copies.api.start("bob", down({ localPath: "/" }), {}))).toBe("conflict");
    expect(b.copies.all.size).toBe(0);
  });

  it("replaces nothing that comes to the destination meanwhile", async () => {
    await tree(b.owners);
    b.owner.fault = (line) => {
      if (line === "GET tree/z") throw new OcmError("peer-unreachable");
    };
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    await writeFile(join(b.own, "copy/z"), "mine");
    b.owner.fault = () => {};
    b.later += 10_000;
    expect(await ended(id)).toMatchObject({ status: "failed", reason: { code: "conflict" } });
    expect(await readFile(join(b.own, "copy/z"), "utf8")).toBe("mine");
  });

  it.each([true, false])("goes on where it broke off, when the host keeps partial files (%s)", async (keeps) => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(8 * MIB, "0123456789"));
    if (!keeps) copies = createCopies({ ...b.deps, files: { ...b.files, resume: undefined } });
    b.owner.breakAfter = 5 * MIB;
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    expect(await copies.api.get("bob", id)).toMatchObject({ status: "running", reason: { code: "peer-unreachable" } });
    expect(await stat(join(b.own, "copy")).catch(() => "absent")).toBe("absent");
    b.owner.breakAfter = null;
    b.later += 10_000;
    expect(await ended(id)).toMatchObject({ status: "done", bytesDone: 8 * MIB });
    expect((await readFile(join(b.own, "copy"))).equals(await readFile(join(b.owners, "tree")))).toBe(true);
    if (keeps) expect(b.owner.sent).toBeLessThan(9 * MIB);
    else expect(b.owner.sent).toBeGreaterThan(12 * MIB);
  });

  it.each(["it changes", "ranges are not answered"])("begins a file again where %s", async (why) => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(4 * MIB, "old"));
    b.owner.breakAfter = 3 * MIB;
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    b.owner.breakAfter = null;
    if (why === "it changes") await writeFile(join(b.owners, "tree"), Buffer.alloc(4 * MIB, "new"));
    else b.owner.ranges = false;
    b.later += 10_000;
    expect(await ended(id)).toMatchObject({ status: "done" });
    expect((await readFile(join(b.own, "copy"))).equals(await readFile(join(b.owners, "tree")))).toBe(true);
  });

  it("takes for done what another process, believed dead, put in place meanwhile", async () => {
    await writeFile(join(b.owners, "tree"), "content");
    const files: typeof b.files = {
      ...b.files,
      async write(...parameters) {
        if (b.owner.breakAfter === null) await writeFile(join(b.own, "copy"), "content");
        return b.files.write(...parameters);
      },
    };
    copies = createCopies({ ...b.deps, files });
    b.owner.breakAfter = 0;
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    b.owner.breakAfter = null;
    b.later += 10_000;
    expect(await ended(id)).toMatchObject({ status: "done", filesDone: 1, bytesDone: 7 });
  });

  it("begins a file again that another process, believed dead, has added to", async () => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(4 * MIB, "0123456789"));
    let disturbed = 0;
    const files: typeof b.files = {
      ...b.files,
      async resume(...place) {
        const partial = await b.files.resume?.(...place);
        if (partial === undefined) throw new Error("The host keeps no partial files.");
        const { append } = partial;
        const isResumed = partial.size > 0;
        partial.append = async (content) => {
          await append(content);
          if (!isResumed || disturbed > 0) return;
          disturbed += 1;
          await append(Readable.from([Buffer.from("strange")]));
        };
        return partial;
      },
    };
    copies = createCopies({ ...b.deps, files });
    b.owner.breakAfter = 3 * MIB;
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    b.owner.breakAfter = null;
    await until(async () => {
      b.later += 10_000;
      return (await copies.api.get("bob", id)).status !== "running";
    });
    expect(disturbed).toBe(1);
    expect((await readFile(join(b.own, "copy"))).equals(await readFile(join(b.owners, "tree")))).toBe(true);
  });

  it("ends as failed, with a sentence and without remains, where the disk is full", async () => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(2 * MIB));
    const full = async (content: Readable) => {
      const error = new HostFileError("no-space", "ENOSPC");
      content.destroy(error);
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw error;
    };
    const { resume } = b.files;
    const files = {
      ...b.files,
      resume: async (...at: [string, string, string]) => ({ ...(await resume?.(...at)), append: full }),
    };
    copies = createCopies({ ...b.deps, files: files as typeof b.files });
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    expect(await ended(id)).toMatchObject({
      status: "failed",
      reason: { code: "no-space", message: "There is no space left in your own files." },
    });
    expect(await contents(b.own)).toEqual(new Map());
  });
});

describe("a copy to a share", () => {
  it("brings a folder over, byte for byte, and knows from the start how much it is", async () => {
    await tree(b.own);
    b.owner.slow = 5;
    copies.start();
    const { id } = await copies.api.start("bob", up(), {});
    await until(async () => (await copies.api.get("bob", id)).filesTotal !== null);
    expect(await copies.api.get("bob", id)).toMatchObject({
      status: "running",
      filesTotal: 5,
      bytesTotal: 3 * MIB + 200_005,
    });
    expect(await ended(id)).toMatchObject({ status: "done", filesDone: 5, bytesDone: 3 * MIB + 200_005 });
    expect(await contents(join(b.owners, "copy"))).toEqual(await contents(join(b.own, "tree")));
    expect(b.changed).toEqual([]);
  });

  it("is refused for what does not exist, and onto the share itself", async () => {
    expect(await code(copies.api.start("bob", up(), {}))).toBe("resource-missing");
    await tree(b.own);
    expect(await code(copies.api.start("bob", up({ remotePath: "" }), {}))).toBe("conflict");
  });

  it.each(["file", "folder"])("fails where a %s is at the destination, which stays as it is", async (type) => {
    await tree(b.own);
    if (type === "file") await writeFile(join(b.owners, "copy"), "theirs");
    else await mkdir(join(b.owners, "copy/inner"), { recursive: true });
    const before = await contents(b.owners);
    copies.start();
    const localPath = type === "file" ? "/tree/a.txt" : "/tree";
    const { id } = await copies.api.start("bob", up({ localPath }), {});
    expect(await ended(id)).toMatchObject({ status: "failed", reason: { code: "conflict" } });
    expect(await contents(b.owners)).toEqual(before);
  });

  it.each(["PUT copy/b/none", "stored copy/b/none", "MKCOL copy/b", "made copy/b"])(
    "goes on after the answer to %s was lost",
    async (lost) => {
      await tree(b.own);
      let once = true;
      b.owner.fault = (line) => {
        if (line === lost && once) {
          once = false;
          throw new OcmError("peer-unreachable");
        }
      };
      copies.start();
      const { id } = await copies.api.start("bob", up(), {});
      await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
      b.later += 10_000;
      expect(await ended(id)).toMatchObject({ status: "done", filesDone: 5 });
      expect(await contents(join(b.owners, "copy"))).toEqual(await contents(join(b.own, "tree")));
    },
  );

  it.each([
    ["of another size", "other", 0],
    ["of the same size, but older", "a", 1_600_000_000],
  ])("does not take for its own what is at the destination, %s", async (_what, content, time) => {
    await writeFile(join(b.own, "tree"), "a");
    b.owner.fault = () => {
      throw new OcmError("peer-unreachable");
    };
    copies.start();
    const { id } = await copies.api.start("bob", up(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    await writeFile(join(b.owners, "copy"), content);
    if (time > 0) await utimes(join(b.owners, "copy"), time, time);
    b.owner.fault = () => {};
    b.later += 10_000;
    expect(await ended(id)).toMatchObject({ status: "failed", reason: { code: "conflict" } });
  });
});

describe("the owner's server", () => {
  it.each(["no-space", "forbidden", "resource-missing", "locked", "too-large"] as const)(
    "ends a copy with %s, in its own words and with the place",
    async (refusal) => {
      await tree(b.own);
      b.owner.fault = (line) => {
        if (line === "PUT copy/b/none") throw new OcmError(refusal, { message: "In the owner's words." });
      };
      copies.start();
      const { id } = await copies.api.start("bob", up(), {});
      expect(await ended(id)).toMatchObject({
        status: "failed",
        reason: { code: refusal, message: "b/none: In the owner's words." },
      });
      expect(b.copies.all.get(id)).toMatchObject({ leaseBy: null, current: null });
    },
  );

  it("is waited for while it is down, more and more patiently, and for seven days", async () => {
    await tree(b.owners);
    b.owner.fault = () => {
      throw new OcmError("peer-unreachable", { message: "Nobody answers." });
    };
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    const begun = b.later;
    const pauses: number[] = [];
    for (let attempt = 1; (await copies.api.get("bob", id)).status === "running"; attempt += 1) {
      await until(() => b.copies.all.get(id)?.attempts === attempt || b.copies.all.get(id)?.status === "failed");
      const { nextAt, updatedAt } = b.copies.all.get(id) ?? {};
      pauses.push((nextAt ?? 0) - (updatedAt ?? 0));
      if (attempt === 12) {
        // As if it had been so for almost all of the time.
        const job = await b.copies.get(id);
        if (job !== undefined) await b.copies.replace({ ...job, attempts: 2_017 });
        attempt = 2_017;
      }
      b.later += 301_000;
    }
    expect(pauses[0]).toBeGreaterThan(3_000);
    expect(pauses[0]).toBeLessThan(6_000);
    expect(pauses[5]).toBeGreaterThan(100_000);
    expect(Math.max(...pauses.slice(0, 12))).toBeLessThanOrEqual(300_000);
    expect(await copies.api.get("bob", id)).toMatchObject({ status: "failed", reason: { message: "Nobody answers." } });
    expect(b.later).toBeGreaterThan(begun);
  });

  it("is asked a few times more where its refusal may pass", async () => {
    await tree(b.owners);
    let times = 0;
    b.owner.fault = () => {
      times += 1;
      throw new OcmError("peer-refused");
    };
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(async () => {
      b.later += 301_000;
      return (await copies.api.get("bob", id)).status !== "running";
    });
    expect(await ended(id)).toMatchObject({ status: "failed", reason: { code: "peer-refused" } });
    expect(times).toBe(5);
  });

  it("is not believed where what it tells is only what was last known", async () => {
    await tree(b.owners);
    const stale = { at: 1, reason: { code: "peer-timeout", message: "Too slow.", at: 1, status: null } };
    const { open } = b.owner.remote;
    copies.start();
    const file = await copies.api.start("bob", down({ remotePath: "tree/a.txt", localPath: "/file" }), {});
    b.owner.remote.open = async (...parameters) => ({ ...(await open(...parameters)), children: null, stale });
    await until(() => (b.copies.all.get(file.id)?.attempts ?? 0) > 0);
    expect(await copies.api.get("bob", file.id)).toMatchObject({ status: "running", reason: { message: "Too slow." } });
    b.owner.remote.open = async (...parameters) => ({ ...(await open(...parameters)), children: [], stale });
    const folder = await copies.api.start("bob", down(), {});
    expect(await ended(folder.id)).toMatchObject({ status: "done", filesDone: 5 });
  });
});

describe("a cancelled copy", () => {
  it.each([down(), up()])(
    "stops within a second; complete files stay, the partial one does not ($direction)",
    async (copy) => {
      const home = copy.direction === "from-share" ? b.owners : b.own;
      const target = copy.direction === "from-share" ? b.own : b.owners;
      await mkdir(join(home, "tree"));
      await writeFile(join(home, "tree/a"), "complete");
      await writeFile(join(home, "tree/b"), Buffer.alloc(20 * MIB));
      b.owner.slow = 3;
      copies.start();
      const { id } = await copies.api.start("bob", copy, {});
      await until(async () => ((await copies.api.get("bob", id)).bytesDone ?? 0) > 100_000);
      const begun = Date.now();
      expect(await copies.api.cancel("bob", id)).toMatchObject({ status: "cancelled", current: null });
      const sent = () => b.owner.sent;
      await until(() => b.copies.all.get(id)?.current === null);
      expect(Date.now() - begun).toBeLessThan(1_000);
      await until(async () => (await readdir(target, { recursive: true })).sort().join() === "copy,copy/a");
      const then = sent();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(sent()).toBe(then);
      expect(await copies.api.cancel("bob", id)).toMatchObject({ status: "cancelled" });
    },
  );

  it("is noticed by the process that works on it, where another one was told", async () => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(20 * MIB));
    b.owner.slow = 3;
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(async () => (await copies.api.get("bob", id)).bytesDone > 0);
    const other = createCopies({ ...b.deps, worker: false });
    await other.api.cancel("bob", id);
    await until(async () => (await readdir(b.own)).length === 0 && b.copies.all.get(id)?.current === null, 1_000);
    await other.close();
  });

  it("is cleared away while it waits, too", async () => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(4 * MIB));
    b.owner.breakAfter = 3 * MIB;
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) > 0);
    expect((await contents(b.own)).size).toBe(1);
    await copies.api.cancel("bob", id);
    await until(async () => (await readdir(b.own)).length === 0);
  });
});

describe("copies", () => {
  it("are a person's own", async () => {
    await tree(b.owners);
    const { id } = await copies.api.start("bob", down(), {});
    expect(await code(copies.api.get("eve", id))).toBe("not-found");
    expect(await code(copies.api.cancel("eve", id))).toBe("not-found");
    expect(await code(copies.api.start("eve", down(), {}))).toBe("not-found");
    expect((await copies.api.list("eve", { limit: 10 })).items).toEqual([]);
    expect((await copies.api.list("bob", { limit: 10 })).items.map((copy) => copy.id)).toEqual([id]);
    expect(await code(copies.api.get("bob", "none"))).toBe("not-found");
  });

  it("need a share that can be used now", async () => {
    b.share.status = "pending";
    expect(await code(copies.api.start("bob", down(), {}))).toBe("share-not-accepted");
    b.share.status = "ended";
    expect(await code(copies.api.start("bob", down(), {}))).toBe("share-ended");
    b.share.status = "accepted";
    b.share.expiresAt = 1;
    expect(await code(copies.api.start("bob", down(), {}))).toBe("share-ended");
    b.share.expiresAt = null;
    expect(await code(copies.api.start("bob", down({ remotePath: "../x" }), {}))).toBe("path-invalid");
    expect(await code(copies.api.start("bob", down({ localPath: "copy" }), {}))).toBe("path-invalid");
    expect(await code(copies.api.start("bob", down({ localPath: "/a/../b" }), {}))).toBe("path-invalid");
    b.share.resourceType = "file";
    expect(await code(copies.api.start("bob", down(), {}))).toBe("resource-missing");
  });

  it("of a share that asks for a second factor need one when they are started, and not later", async () => {
    await tree(b.owners);
    b.share.requirements = ["must-use-mfa"];
    const contexts: unknown[] = [];
    const { open } = b.owner.remote;
    b.owner.remote.open = (...parameters) => {
      contexts.push(parameters[3].secondFactor);
      return open(...parameters);
    };
    expect(await code(copies.api.start("bob", down(), {}))).toBe("second-factor");
    copies.start();
    const { id } = await copies.api.start("bob", down(), { secondFactor: true });
    expect(await ended(id)).toMatchObject({ status: "done" });
    expect(new Set(contexts)).toEqual(new Set([true]));
  });

  it("run ten at a time for a person, however many are started at once", async () => {
    const started = await Promise.all(
      Array.from({ length: 15 }, (_, index) => code(copies.api.start("bob", down({ localPath: `/${index}` }), {}))),
    );
    expect(b.copies.all.size).toBeLessThanOrEqual(10);
    expect(started.filter((result) => result === "too-many-requests").length).toBeGreaterThanOrEqual(5);
    for (let index = 20; b.copies.all.size < 10; index += 1) {
      await copies.api.start("bob", down({ localPath: `/${index}` }), {});
    }
    expect(await code(copies.api.start("bob", down({ localPath: "/one-more" }), {}))).toBe("too-many-requests");
    expect(b.copies.all.size).toBe(10);
  });

  it("are worked on two at a time for a person and four with a server, so that a slow one holds up nobody else", async () => {
    await writeFile(join(b.owners, "tree"), "x");
    const release = Promise.withResolvers<void>();
    const users: string[] = [];
    let most = 0;
    const { open } = b.owner.remote;
    b.owner.remote.open = async (...parameters) => {
      const [user, share] = parameters;
      if (share !== "other") {
        users.push(user);
        most = Math.max(most, users.length);
        await release.promise;
        users.splice(users.indexOf(user), 1);
      }
      return open(...parameters);
    };
    const elsewhere = { ...b.share, id: "other", senderHost: "other.example" };
    const get = async (id: string) => [b.share, elsewhere].find((share) => share.id === id);
    copies = createCopies({ ...b.deps, store: { copies: b.copies, incoming: { get } } });
    for (let index = 0; index < 4; index += 1) await copies.api.start("bob", down({ localPath: `/b${index}` }), {});
    const [first] = b.copies.all.values();
    for (const user of ["carol", "dave", "erin"]) {
      for (const id of [`${user}1`, `${user}2`]) {
        if (first !== undefined) b.copies.all.set(id, { ...first, id, user, localPath: `/${id}` });
      }
    }
    if (first !== undefined)
      b.copies.all.set("o", { ...first, id: "o", user: "frank", share: "other", localPath: "/o" });
    copies.start();
    await until(() => b.copies.all.get("o")?.status === "done");
    await until(() => users.length === 4);
    expect(users.toSorted()).toEqual(["bob", "carol", "dave", "erin"]);
    release.resolve();
    await until(() => [...b.copies.all.values()].every(({ status }) => status !== "running"));
    expect(most).toBe(4);
  });

  it("are kept for thirty days after their end", async () => {
    await writeFile(join(b.owners, "tree"), "x");
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await ended(id);
    b.later += 29 * 86_400_000;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(b.copies.all.has(id)).toBe(true);
    b.later += 86_400_001;
    await until(() => !b.copies.all.has(id));
  });

  it("are left to others by a process without a worker, and taken up at once after a close", async () => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(20 * MIB, "x"));
    const idle = createCopies({ ...b.deps, worker: false });
    idle.start();
    const { id } = await idle.api.start("bob", down(), {});
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(b.owner.asked).toEqual([]);
    b.owner.slow = 2;
    copies.start();
    await until(async () => (await copies.api.get("bob", id)).bytesDone > MIB);
    await copies.close();
    expect(b.copies.all.get(id)).toMatchObject({ status: "running", leaseBy: null });
    b.owner.slow = 0;
    copies = createCopies(b.deps);
    copies.start();
    expect(await ended(id)).toMatchObject({ status: "done" });
    expect(b.owner.sent).toBeLessThan(21 * MIB);
    await idle.close();
  });

  it("note their progress now and then, and not with each piece", async () => {
    await writeFile(join(b.owners, "tree"), Buffer.alloc(8 * MIB, "x"));
    const sleep: typeof b.deps.system.sleep = (ms, signal) =>
      wait(ms, undefined, { ref: false, ...(signal ? { signal } : {}) }).catch(() => {});
    copies = createCopies({ ...b.deps, system: { ...b.deps.system, sleep } });
    copies.start();
    const { id } = await copies.api.start("bob", down(), {});
    await ended(id);
    expect(b.copies.writes).toBeLessThan(30);
  });

  it("go on when the file that they read grows meanwhile", async () => {
    await writeFile(join(b.own, "tree"), Buffer.alloc(2 * MIB, "x"));
    b.owner.slow = 2;
    copies.start();
    const { id } = await copies.api.start("bob", up(), {});
    await until(() => b.owner.sent > 0);
    await appendFile(join(b.own, "tree"), "more");
    b.owner.slow = 0;
    await until(async () => {
      b.later += 10_000;
      return (await copies.api.get("bob", id)).status !== "running";
    });
    expect((await copies.api.get("bob", id)).status).toBe("done");
    await rm(join(b.own, "tree"));
  });
});

describe("copies of an account that is removed", () => {
  it("may be forgotten by two processes at the same time", async () => {
    await copies.api.start("bob", down(), {});
    const { get } = b.deps.store.copies;
    const [job] = (await b.deps.store.copies.ofUser("bob", { limit: 1 })).items;
    let isFirst = true;
    b.deps.store.copies.get = async (id) => {
      if (isFirst) await b.deps.store.copies.remove(id, job?.version ?? 0);
      isFirst = false;
      return get(id);
    };
    await copies.userRemoved("bob");
    expect((await copies.api.list("bob", { limit: 1 })).items).toEqual([]);
  });
});
