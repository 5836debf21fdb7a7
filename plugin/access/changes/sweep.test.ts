import { createHash } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { folderFiles } from "../../hosts/folder.ts";
import type { HostEntry, HostFiles } from "../../ports/host.ts";
import type { Logger } from "../../ports/log.ts";
import type { OutgoingShare } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import { outgoingShare } from "../share-server.test-helper.ts";
import { filesTree } from "../tree-names.ts";
import { changed, withVersion } from "./folder-versions.ts";
import { lookBudget, versionsToTell } from "./look-first.ts";
import { memoryMarks } from "./marks.test-helper.ts";
import { createSweep, type SweepDeps } from "./sweep.ts";

const root = await mkdtemp(join(tmpdir(), "koa-ocm-sweep-"));
afterAll(() => rm(root, { recursive: true, force: true }));

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const TREE = filesTree("alice");
let homes = 0;

async function bench(shared: string[], files?: (home: string) => HostFiles) {
  homes += 1;
  const home = join(root, `home-${homes}`);
  await mkdir(home);
  const shares = shared.map((path, index) => outgoingShare({ id: `${index}`, path }));
  const marks = memoryMarks();
  let clock = 1_700_000_000_000;
  const slept: number[] = [];
  const system: SweepDeps["system"] = {
    now: () => {
      clock += 0.25;
      return Math.floor(clock);
    },
    sleep: async (ms) => {
      slept.push(ms);
      clock += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    random: (_purpose, bytes) => Buffer.alloc(bytes, homes),
  };
  const store = {
    marks,
    leases: leases(),
    outgoing: { liveFolders: async ({ after = "0" }) => page(shares, Number(after)) },
  };
  const host = files?.(home) ?? folderFiles(() => home);
  const deps: SweepDeps = { store, files: host, system, logger };
  return { home, marks, host, deps, system, slept, store, shares, elapsed: () => clock, sweep: createSweep(deps) };
}

function page(shares: OutgoingShare[], start: number) {
  const items = shares.slice(start, start + 2);
  return start + 2 < shares.length ? { items, next: String(start + 2) } : { items };
}

function leases(): Store["leases"] & { held: Map<string, { owner: string; until: number }> } {
  const held = new Map<string, { owner: string; until: number }>();
  return {
    held,
    async acquire(name, owner, now, ttl) {
      const holder = held.get(name);
      if (holder !== undefined && holder.owner !== owner && holder.until > now) return false;
      held.set(name, { owner, until: now + ttl });
      return true;
    },
    async release(name, owner) {
      if (held.get(name)?.owner === owner) held.delete(name);
    },
  };
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** Every folder with its tag as a client sees it, and all that is in it. */
async function view({ home, host, marks, system }: Bench): Promise<Map<string, { tag: string; content: string }>> {
  const found = new Map<string, { tag: string; content: string }>();
  const read = async (path: string): Promise<string> => {
    const parts: string[] = [];
    for (const child of await readdir(join(home, path), { withFileTypes: true })) {
      const inner = `${path === "/" ? "" : path}/${child.name}`;
      const content = child.isDirectory() ? await read(inner) : await readFile(join(home, inner), "utf8");
      parts.push(JSON.stringify([child.name, child.isDirectory(), content]));
    }
    const entry = await host.stat("alice", path);
    if (entry === undefined) throw new Error(`${path} is not there.`);
    const deps = { tree: TREE, store: { marks }, files: host, system, share: { user: "alice" } };
    const version = (await versionsToTell(deps, [path], lookBudget())).get(path);
    const content = parts.sort().join();
    found.set(path, { tag: withVersion(entry, version).etag, content });
    return content;
  };
  await read("/");
  return found;
}

/** A host that makes its tags out of names and content alone, so that they come back with what was there before. */
function hashingFiles(home: string): HostFiles {
  const disk = folderFiles(() => home);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);
  const hashed = async (path: string, entry: HostEntry): Promise<HostEntry> => {
    const content = entry.type === "file" ? await readFile(join(home, path)) : (await readdir(join(home, path))).sort();
    return { ...entry, etag: hash(String(content)) };
  };
  return {
    ...disk,
    stat: async (user, path) => {
      const entry = await disk.stat(user, path);
      return entry && hashed(path, entry);
    },
    async *list(user, path) {
      for await (const piece of disk.list(user, path)) {
        yield await Promise.all(piece.map((entry) => hashed(`${path === "/" ? "" : path}/${entry.name}`, entry)));
      }
    },
  };
}

const FOLDERS = ["/s", "/s/a", "/s/b", "/s/a/c", "/s/a/c/d"];
const PLACES = [...FOLDERS, "/other", "/s/b/e", "/s/f"];
const NAMES = ["x", "y"];

interface Step {
  kind: "write" | "append" | "folder" | "remove" | "rename" | "sweep" | "look";
  /** Through the plugin, or behind its back. */
  told: boolean;
  place: string;
  name: string;
  to: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("write", "append", "folder", "remove", "rename", "sweep", "look"),
  told: fc.boolean(),
  place: fc.constantFrom(...PLACES),
  name: fc.constantFrom(...NAMES, "a", "b", "c"),
  to: fc.constantFrom(...PLACES.map((place) => `${place}/moved`)),
});

let writes = 0;

/** Does it, and says which paths it touched; none where it could not be done. */
async function perform(b: Bench, { kind, told, place, name, to }: Step): Promise<string[]> {
  const path = `${place}/${name}`;
  writes += 1;
  const content = `content ${writes}`;
  const disk = join(b.home, path);
  const outside: Record<Exclude<Step["kind"], "sweep" | "look">, () => Promise<unknown>> = {
    write: () => writeFile(disk, content),
    append: () => appendFile(disk, content),
    folder: () => mkdir(disk),
    remove: () => rm(disk, { recursive: true }),
    rename: () => rename(disk, join(b.home, to)),
  };
  const inside: typeof outside = {
    write: () => b.host.write("alice", path, Readable.from([content])),
    append: () => b.host.write("alice", path, Readable.from([content])),
    folder: () => b.host.mkdir("alice", path),
    remove: () => b.host.remove("alice", path),
    rename: () => b.host.move("alice", path, to),
  };
  if (kind === "sweep" || kind === "look") return [];
  const touched = kind === "rename" ? [path, to] : [path];
  try {
    await (told ? inside : outside)[kind]();
  } catch {
    return [];
  }
  if (!told) return touched;
  if (kind === "remove" || kind === "rename") await b.marks.remove(TREE, path);
  const isFolder = kind === "rename" && (await b.host.stat("alice", to))?.type === "folder";
  await changed({ tree: TREE, store: b.store, system: b.system }, isFolder ? [path, `${to}/`] : touched);
  return touched;
}

describe("the sweep", () => {
  it.each([
    ["that knows each version of a file", undefined],
    ["whose tags come back with the content", hashingFiles],
  ])(
    "moves a folder's tag if and only if something at or below it changed, on a host %s",
    { timeout: 120_000 },
    async (_host, files) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
          const b = await bench(["/s/a", "/s", "/s", "/s/a/c", "/gone"], files);
          for (const folder of FOLDERS) await mkdir(join(b.home, folder));
          await mkdir(join(b.home, "/other"));
          await b.sweep.once();
          const ever = new Map<string, string>();
          for (const round of rounds) {
            const before = await view(b);
            const touched: string[] = [];
            /** Something happened behind our back since the last sweep. */
            let hidden = false;
            let told: typeof before | undefined = before;
            for (const action of round) {
              const places = await perform(b, action);
              touched.push(...places);
              if (action.kind === "sweep") await b.sweep.once();
              if (action.kind === "sweep") hidden = false;
              else if (places.length > 0 && !action.told) hidden = true;
              if (places.length > 0) told = undefined;
              if (action.kind !== "look") continue;
              const seen = await view(b);
              // Until the sweep has been there, a tag may be an old one for what somebody has changed on disk.
              if (hidden) continue;
              told = seen;
              for (const [path, { tag, content }] of told) ever.set(`${path} ${tag}`, content);
            }
            await b.sweep.once();
            const after = await view(b);
            for (const [path, { tag }] of hidden ? [] : (told ?? [])) {
              expect(after.get(path)?.tag, `${path} has been told already`).toBe(tag);
            }
            await b.sweep.once();
            expect(await view(b)).toEqual(after);
            for (const [path, { tag, content }] of after) {
              if (!path.startsWith("/s")) continue;
              const known = ever.get(`${path} ${tag}`);
              if (known !== undefined) expect(content, `${path} has the tag of another content`).toBe(known);
              ever.set(`${path} ${tag}`, content);
              const near = touched.some(
                (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
              );
              const last = before.get(path);
              if (last === undefined) continue;
              if (!near) expect(tag, `${path} has changed`).toBe(last.tag);
              if (last.content !== content) expect(tag, `${path} has not changed`).not.toBe(last.tag);
            }
          }
          await rm(b.home, { recursive: true });
        }),
        { numRuns: 60 },
      );
    },
  );

  it("finds a file that is edited in place, five folders down, and moves nothing beside it", async () => {
    const b = await bench(["/s"]);
    await mkdir(join(b.home, "/s/1/2/3/4/5"), { recursive: true });
    await mkdir(join(b.home, "/s/beside"));
    await writeFile(join(b.home, "/s/1/2/3/4/5/file"), "one");
    await b.sweep.once();
    const before = await view(b);
    await appendFile(join(b.home, "/s/1/2/3/4/5/file"), "!");
    expect(await b.sweep.once()).toEqual({ folders: 7, changed: 1, unreadable: 0 });
    const after = await view(b);
    const moved = [...after].filter(([path, { tag }]) => before.get(path)?.tag !== tag).map(([path]) => path);
    expect(moved.sort()).toEqual(["/", "/s", "/s/1", "/s/1/2", "/s/1/2/3", "/s/1/2/3/4", "/s/1/2/3/4/5"]);
    expect(await b.sweep.once()).toEqual({ folders: 7, changed: 0, unreadable: 0 });
  });

  it("writes nothing while nothing changes, and lists what is shared several times once", async () => {
    const b = await bench(["/s", "/s", "/s/a"]);
    await mkdir(join(b.home, "/s/a"), { recursive: true });
    expect(await b.sweep.once()).toEqual({ folders: 2, changed: 2, unreadable: 0 });
    const writes = ["bump", "saw", "remove"] as const;
    const refuse = (name: string) => () => Promise.reject<never>(new Error(`${name} was called`));
    for (const name of writes) Object.assign(b.marks, { [name]: refuse(name) });
    expect(await b.sweep.once()).toEqual({ folders: 2, changed: 0, unreadable: 0 });
  });

  it("does not miss what changed in a folder that had a tag before it was first swept", async () => {
    const b = await bench(["/s"]);
    await mkdir(join(b.home, "/s/a"), { recursive: true });
    await writeFile(join(b.home, "/s/a/file"), "one");
    await changed({ tree: TREE, store: b.store, system: b.system }, ["/s/a/file"]);
    const before = await view(b);
    await writeFile(join(b.home, "/s/a/file"), "two");
    await b.sweep.once();
    const after = await view(b);
    for (const path of ["/s", "/s/a"]) expect(after.get(path)?.tag).not.toBe(before.get(path)?.tag);
  });

  it("removes the marks of folders that are gone, but not those of a share that cannot be found at the moment", async () => {
    const b = await bench(["/s"]);
    await mkdir(join(b.home, "/s/a/b"), { recursive: true });
    await b.sweep.once();
    await rm(join(b.home, "/s/a"), { recursive: true });
    await b.sweep.once();
    expect([...b.marks.all.values()].map(({ path }) => path).sort()).toEqual(["/", "/s"]);
    await rename(join(b.home, "/s"), join(b.home, "/away"));
    expect(await b.sweep.once()).toEqual({ folders: 0, changed: 0, unreadable: 0 });
    expect(b.marks.all.size).toBe(2);
  });

  it("passes over a folder that cannot be listed, and keeps its mark", async () => {
    const b = await bench(["/s"]);
    await mkdir(join(b.home, "/s/a/b"), { recursive: true });
    await b.sweep.once();
    const { list } = b.deps.files;
    const broken = { list: (user: string, path: string) => (path === "/s/a" ? refuse() : list(user, path)) };
    const sweep = createSweep({ ...b.deps, files: broken });
    expect(await sweep.once()).toEqual({ folders: 2, changed: 0, unreadable: 1 });
    expect(b.marks.all.size).toBe(3);
  });

  it("is slow: two hundred folders a second, and at rest for half of the time", async () => {
    const b = await bench(["/s"]);
    for (let index = 0; index < 400; index += 1) await mkdir(join(b.home, `/s/${index}`), { recursive: true });
    const begun = b.elapsed();
    await b.sweep.once();
    expect(b.elapsed() - begun).toBeGreaterThan(1_900);
    expect(b.elapsed() - begun).toBeLessThan(3_000);
    expect(b.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan((b.elapsed() - begun) / 2);
  });

  it("runs in one process at a time, from time to time, until it is stopped", async () => {
    const b = await bench(["/s"]);
    await mkdir(join(b.home, "/s"));
    b.store.leases.held.set("sweep", { owner: "another", until: b.system.now() + 70_000 });
    b.sweep.start();
    b.sweep.start();
    const begun = b.elapsed();
    while (b.marks.all.size === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(b.elapsed() - begun).toBeGreaterThan(70_000);
    expect(b.store.leases.held.has("sweep")).toBe(true);
    await b.sweep.stop();
    expect(b.store.leases.held.has("sweep")).toBe(false);
  });

  it("goes on after a failure of the database", async () => {
    const b = await bench(["/s"]);
    await mkdir(join(b.home, "/s"));
    const { liveFolders: live } = b.store.outgoing;
    let failures = 2;
    b.store.outgoing.liveFolders = (request) => (failures-- > 0 ? Promise.reject(new Error("gone")) : live(request));
    b.sweep.start();
    while (b.marks.all.size === 0) await new Promise((resolve) => setImmediate(resolve));
    await b.sweep.stop();
  });
});

async function* refuse(): AsyncGenerator<HostEntry[]> {
  yield [];
  throw new Error("not now");
}
