import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { HostFiles } from "../../../ports/host.ts";
import { diskFiles } from "../../disk-files.test-helper.ts";
import { type MemoryTreeStore, memoryTreeStore } from "../../memory-store.test-helper.ts";
import type { DavDeps, DavShare } from "../request.ts";
import { serveShare } from "../serve-share.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

interface Asked {
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Who asks; "ann" where nobody is named. */
  as?: string;
  share?: Partial<DavShare>;
}

/** A share on real files, whose clock and principals a test chooses. */
export interface LockServer {
  /** Milliseconds since the Unix epoch. */
  now: number;
  files: HostFiles;
  store: MemoryTreeStore;
  /** The folder that is shared. */
  home: string;
  deps(asked?: Asked): DavDeps;
  send(method: string, path: string, asked?: Asked): Promise<Answer>;
  close(): Promise<void>;
}

export async function startLockServer(): Promise<LockServer> {
  const root = await mkdtemp(join(tmpdir(), "koa-ocm-locks-"));
  const home = join(root, "alice", "docs");
  await mkdir(home, { recursive: true });
  let count = 0;
  const random = (_purpose: string, bytes: number) => {
    count += 1;
    const buffer = Buffer.alloc(bytes);
    const size = Math.min(bytes, 4);
    buffer.writeUIntBE(count % 256 ** size, bytes - size, size);
    return buffer;
  };
  const sleep = (ms: number) => wait(ms, undefined, { ref: false });
  const share: DavShare = {
    user: "alice",
    path: "/docs",
    name: "Documents",
    resourceType: "folder",
    permissions: ["read", "write"],
  };
  const self: LockServer = {
    now: Date.parse("2026-11-24T10:00:00Z"),
    files: diskFiles(root),
    store: memoryTreeStore(),
    home,
    deps: (asked = {}) => ({
      files: self.files,
      share: { ...share, ...asked.share },
      base: "/dav/s1",
      origin: "https://a.example",
      system: { now: () => self.now, sleep, random },
      tree: "files:alice",
      store: self.store,
      principal: asked.as ?? "ann",
      stillValid: async () => true,
      guard: (stream) => stream,
    }),
    async send(method, path, asked = {}) {
      const body = Readable.from(asked.body === undefined ? [] : [Buffer.from(asked.body)], { objectMode: false });
      const request = { method, path, headers: asked.headers ?? {}, body };
      const reply = await serveShare(request, self.deps(asked));
      const chunks: Buffer[] = [];
      if (Buffer.isBuffer(reply.body)) chunks.push(reply.body);
      else if (reply.body !== null) for await (const chunk of reply.body) chunks.push(chunk);
      return { status: reply.status, headers: reply.headers, text: Buffer.concat(chunks).toString() };
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
  return self;
}

/** The body of a LOCK. */
export function lockInfo(scope: "exclusive" | "shared" = "exclusive", more = ""): string {
  return `<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype>${more}</D:lockinfo>`;
}

/** The token that an answer to LOCK names. */
export function tokenOf(answer: Answer): string {
  return answer.headers["lock-token"]?.slice(1, -1) ?? "";
}
