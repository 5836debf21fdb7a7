import type { ReceivedSharesApi, RemoteEntry, RemoteListing } from "../../api.ts";
import { type HostEntry, HostFileError, type HostFiles } from "../../ports/host.ts";
import type { CopyJob } from "../../ports/records.ts";
import { OcmError } from "../../protocol/errors.ts";
import { below, join } from "./order.ts";
import type { Source, SourceEntry } from "./walk.ts";

/** What the job is about, and how the other server is asked. */
export interface Asking {
  job: Pick<CopyJob, "id" | "user" | "share" | "remotePath" | "localPath" | "createdAt">;
  signal: AbortSignal;
}

/**
 * How a job asks the owner's server. A second factor was shown when the copy was started, which is what the owner asks for: a person was
 * there; the job carries out what that person decided. The id of the job is in the logs of both servers.
 */
export function contextOf({ job, signal }: Asking) {
  return { secondFactor: true, requestId: job.id, signal };
}

/** A received share as the source, by one request for each folder. */
export function remoteSource(remote: Pick<ReceivedSharesApi, "open" | "listFolder">, asking: Asking): Source {
  const { user, share, remotePath } = asking.job;
  const context = contextOf(asking);
  const entries = (children: RemoteEntry[], path: string) =>
    children.map((child) => fromRemote(child, join(path, child.name)));
  const children = async (path: string) =>
    entries(await remote.listFolder(user, share, below(remotePath, path), context), path);
  return {
    children,
    async top() {
      const found = await remote.open(user, share, remotePath, context);
      const entry = fromRemote(found.entry, "");
      if (found.stale === null) return { entry, children: entries(found.children ?? [], "") };
      // A folder may only have been slow: it is asked once more, without such haste.
      if (found.children === null) expectFresh(found);
      return { entry, children: await children("") };
    },
  };
}

/** What was last known is not enough to copy by. @throws OcmError peer-unreachable */
export function expectFresh({ stale }: { stale?: RemoteListing["stale"] }): void {
  if (stale != null) throw new OcmError("peer-unreachable", { message: stale.reason.message });
}

function fromRemote({ type, size, modifiedAt, etag }: RemoteEntry, path: string): SourceEntry {
  return { path, type, size, modifiedAt, etag };
}

/** A person's own files as the source. */
export function ownSource(files: Pick<HostFiles, "stat" | "list">, { job }: Asking): Source {
  const children = async (path: string) => {
    const found: SourceEntry[] = [];
    for await (const piece of files.list(job.user, below(job.localPath, path))) {
      for (const child of piece) found.push(fromHost(child, join(path, child.name)));
    }
    return found;
  };
  return {
    children,
    async top() {
      const entry = await files.stat(job.user, job.localPath);
      if (entry === undefined) throw new HostFileError("not-found", "There is no such file or folder.");
      return { entry: fromHost(entry, ""), children: entry.type === "folder" ? await children("") : [] };
    },
  };
}

function fromHost({ type, size, modifiedAt, etag }: HostEntry, path: string): SourceEntry {
  return { path, type, size, modifiedAt, etag };
}
