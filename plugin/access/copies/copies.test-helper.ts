import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { RemoteEntry } from "../../api.ts";
import { folderFiles } from "../../hosts/folder.ts";
import type { HostFile, HostFiles } from "../../ports/host.ts";
import type { Logger } from "../../ports/log.ts";
import type { CopyJob } from "../../ports/records.ts";
import type { CopyJobs } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { incomingShare } from "../remote/peer-client.test-helper.ts";
import type { CopiesDeps } from "./copies.ts";

/** Jobs in memory, as the port describes them. */
export function memoryCopies(): CopyJobs & { all: Map<string, CopyJob>; writes: number } {
  const all = new Map<string, CopyJob>();
  const self = {
    kind: "copy" as const,
    all,
    writes: 0,
    async insert(record: CopyJob) {
      if (all.has(record.id)) return false;
      all.set(record.id, structuredClone(record));
      return true;
    },
    get: async (id: string) => structuredClone(all.get(id)),
    async replace(record: CopyJob) {
      if (all.get(record.id)?.version !== record.version) return false;
      self.writes += 1;
      all.set(record.id, structuredClone({ ...record, version: record.version + 1 }));
      return true;
    },
    async remove(id: string, version: number) {
      return all.get(id)?.version === version && all.delete(id);
    },
    due: async (now: number, limit: number) =>
      structuredClone(
        [...all.values()]
          .filter(({ nextAt, leaseUntil }) => nextAt !== null && nextAt <= now && (leaseUntil ?? 0) <= now)
          .sort((left, right) => (left.nextAt ?? 0) - (right.nextAt ?? 0))
          .slice(0, limit),
      ),
    nextDue: async () => null,
    withOutbox: async () => ({ items: [] }),
    ofUser: async (user: string) => ({
      items: structuredClone([...all.values()].filter((job) => job.user === user).reverse()),
    }),
    countRunning: async (user: string) =>
      [...all.values()].filter((job) => job.user === user && job.status === "running").length,
  };
  return self;
}

/** The other server: a folder on this disk behind the methods of received shares, with faults where a test wants them. */
export interface FakeOwner {
  remote: CopiesDeps["remote"];
  /** One line for each request. */
  asked: string[];
  /** Called before each request; what it throws is the answer. */
  fault(line: string): void;
  /** Bytes after which a body breaks off; null: never. */
  breakAfter: number | null;
  /** Milliseconds before each request and each piece of a body. */
  slow: number;
  /** Whether ranges are answered. */
  ranges: boolean;
  /** Bytes that were sent out. */
  sent: number;
}

const unreachable = (cause?: unknown) => new OcmError("peer-unreachable", { message: "Nobody answers.", cause });

export function fakeOwner(home: string): FakeOwner {
  let uploads = 0;
  const at = (path: string) => join(home, path);
  const entryOf = async (path: string): Promise<RemoteEntry> => {
    const found = await stat(at(path), { bigint: true }).catch(() => undefined);
    if (found === undefined) throw new OcmError("resource-missing");
    const isFile = found.isFile();
    return {
      name: path.slice(path.lastIndexOf("/") + 1),
      path,
      type: isFile ? "file" : "folder",
      size: isFile ? Number(found.size) : null,
      modifiedAt: Math.floor(Number(found.mtimeMs) / 1000) * 1000,
      etag: `"${found.mtimeNs}-${found.size}-${found.ino}"`,
      mediaType: null,
    };
  };
  const childrenOf = async (path: string) => {
    const names = (await readdir(at(path))).filter((name) => !name.startsWith(".up"));
    return Promise.all(names.map((name) => entryOf(path === "" ? name : `${path}/${name}`)));
  };
  const asking = async (line: string, signal?: AbortSignal) => {
    self.asked.push(line);
    self.fault(line);
    if (self.slow > 0) await wait(self.slow);
    if (signal?.aborted) throw unreachable();
  };
  const flow = (source: Readable, signal?: AbortSignal): Readable => {
    let passed = 0;
    const slowed = new Transform({
      highWaterMark: 16_384,
      async transform(chunk: Buffer, _encoding, done) {
        passed += chunk.length;
        self.sent += chunk.length;
        if (self.slow > 0) await wait(self.slow);
        if (self.breakAfter !== null && passed > self.breakAfter) done(new Error("reset"));
        else done(null, chunk);
      },
    });
    pipeline(source, slowed, signal ? { signal } : {}).catch(() => {});
    return slowed;
  };
  const self: FakeOwner = {
    asked: [],
    fault: () => {},
    breakAfter: null,
    slow: 0,
    ranges: true,
    sent: 0,
    remote: {
      async open(_user, _id, path, { signal }) {
        await asking(`PROPFIND ${path}`, signal);
        const entry = await entryOf(path);
        return { entry, children: entry.type === "file" ? null : await childrenOf(path), stale: null };
      },
      async listFolder(_user, _id, path, { signal }) {
        await asking(`PROPFIND ${path}`, signal);
        return childrenOf(path);
      },
      async stat(_user, _id, path, { signal }) {
        await asking(`PROPFIND0 ${path}`, signal);
        return entryOf(path);
      },
      async read(_user, _id, path, { range, ifRange, ifNoneMatch, signal }) {
        await asking(`GET ${path}${range === undefined ? "" : ` ${range}`}`, signal);
        const { etag, size } = await entryOf(path);
        const headers = { etag: etag ?? "" };
        if (ifNoneMatch === etag) return { status: 304, headers, body: Readable.from([]) };
        const start = self.ranges && ifRange === etag ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
        const length = (size ?? 0) - start;
        const body = flow(createReadStream(at(path), { start, highWaterMark: 16_384 }), signal);
        if (start === 0) return { status: 200, headers: { ...headers, "content-length": String(length) }, body };
        const part = { "content-length": String(length), "content-range": `bytes ${start}-${(size ?? 0) - 1}/${size}` };
        return { status: 206, headers: { ...headers, ...part }, body };
      },
      async write(_user, _id, path, content, { ifNoneMatch, size, signal }) {
        await asking(`PUT ${path}`, signal);
        if (ifNoneMatch !== "*") throw new Error("Something might be replaced.");
        const taken = () =>
          entryOf(path).then(
            () => true,
            () => false,
          );
        if (await taken()) throw new OcmError("precondition-failed");
        uploads += 1;
        const temporary = join(home, `.up${uploads}-${Math.random()}`);
        try {
          await pipeline(flow(content, signal), createWriteStream(temporary));
          const stored = await stat(temporary);
          if (stored.size !== size) throw unreachable();
          if (await taken()) throw new OcmError("precondition-failed");
          await rename(temporary, at(path));
        } catch (error) {
          await rm(temporary, { force: true });
          throw error instanceof OcmError ? error : unreachable(error);
        }
        self.fault(`stored ${path}`);
        return { etag: null, created: true, timeAccepted: false };
      },
      async mkdir(_user, _id, path, { signal }) {
        await asking(`MKCOL ${path}`, signal);
        await mkdir(at(path)).catch((error) => {
          throw new OcmError(error.code === "EEXIST" ? "conflict" : "resource-missing");
        });
        self.fault(`made ${path}`);
      },
    },
  };
  return self;
}

/** Ends everything that goes through it, as a kill would: what is asked from then on is never answered. */
export interface Kill {
  (): void;
  readonly killed: boolean;
}

/** A process: what its copies use, until it is killed. */
export function mortal(deps: CopiesDeps): { deps: CopiesDeps; kill: Kill } {
  let killed = false;
  const bodies = new Set<Readable>();
  const open = new Set<HostFile>();
  const never = () => new Promise<never>(() => {});
  const gate = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, key) {
        const value = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]) => {
          if (killed) return never();
          for (const parameter of parameters) if (parameter instanceof Readable) bodies.add(parameter);
          const result: unknown = Reflect.apply(value, object, parameters);
          if (!(result instanceof Promise)) return result;
          return result.then(
            (answer) => {
              if (typeof answer !== "object" || answer === null) return killed ? never() : answer;
              if (killed && "close" in answer) void (answer as HostFile).close();
              if (killed) return never();
              if ("body" in answer && answer.body instanceof Readable) bodies.add(answer.body);
              if ("read" in answer) open.add(answer as HostFile);
              return "append" in answer || "read" in answer ? gate(answer) : answer;
            },
            (error) => (killed ? never() : Promise.reject(error)),
          );
        };
      },
    });
  const kill = Object.assign(
    () => {
      killed = true;
      for (const body of bodies) {
        body.on("error", () => {});
        body.destroy();
      }
      for (const file of open) void file.close();
    },
    {
      get killed() {
        return killed;
      },
    },
  );
  const { store, remote, files, system } = deps;
  const gated = {
    ...deps,
    remote: gate(remote),
    files: gate(files),
    store: { copies: gate(store.copies), incoming: gate(store.incoming) },
    system: { ...system, sleep: (ms: number, signal?: AbortSignal) => (killed ? never() : system.sleep(ms, signal)) },
  };
  return { deps: gated, kill };
}

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

export interface Bench {
  /** Bob's own files, and what Alice shares with him. */
  own: string;
  owners: string;
  files: HostFiles;
  owner: FakeOwner;
  copies: ReturnType<typeof memoryCopies>;
  deps: CopiesDeps;
  /** The clock, ahead by this many milliseconds. */
  later: number;
  changed: string[];
  share: ReturnType<typeof incomingShare>;
  close(): Promise<void>;
}

export async function bench(): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), "koa-ocm-copies-"));
  const own = join(root, "own");
  const owners = join(root, "owners");
  await mkdir(own);
  await mkdir(owners);
  const owner = fakeOwner(owners);
  const copies = memoryCopies();
  const files = folderFiles(() => own);
  const share = incomingShare("http://owner.example");
  const system: Pick<System, "now" | "sleep" | "random" | "soon"> = {
    now: () => Date.now() + self.later,
    sleep: (ms, signal) =>
      wait(Math.min(ms, 20), undefined, { ref: false, ...(signal ? { signal } : {}) }).catch(() => {}),
    random: (_purpose, bytes) => createHash("sha512").update(String(Math.random())).digest().subarray(0, bytes),
    soon: () => new Promise((resolve) => setImmediate(resolve)),
  };
  const self: Bench = {
    own,
    owners,
    files,
    owner,
    copies,
    later: 0,
    changed: [],
    share,
    deps: {
      store: { copies, incoming: { get: async (id) => (id === share.id ? share : undefined) } },
      remote: owner.remote,
      files,
      system,
      logger: quiet,
      worker: true,
      changed: async (_user, path) => void self.changed.push(path),
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
  return self;
}

/** Everything in a folder: the bytes of each file, and null for each folder, by path. */
export async function contents(folder: string): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (const { name, parentPath, ...child } of await readdir(folder, { recursive: true, withFileTypes: true }).then(
    (all) => all.map((entry) => ({ name: entry.name, parentPath: entry.parentPath, isFile: entry.isFile() })),
  )) {
    const path = join(parentPath, name);
    const bytes = child.isFile
      ? createHash("sha256")
          .update(await readFile(path))
          .digest("hex")
      : null;
    found.set(path.slice(folder.length + 1), bytes);
  }
  return new Map([...found].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Waits for something to become true. */
export async function until(what: () => boolean | Promise<boolean>, patience = 10_000): Promise<void> {
  const end = Date.now() + patience;
  while (!(await what())) {
    if (Date.now() > end) throw new Error("It did not come about.");
    await wait(2);
  }
}
