import type { ReceivedSharesApi } from "../../api.ts";
import type { HostFiles } from "../../ports/host.ts";
import { PeerFailure } from "../../ports/peer-client.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type Begun, type Destination, flow, isOwnWork } from "./destination.ts";
import { below } from "./order.ts";
import { type Asking, contextOf, expectFresh } from "./sources.ts";
import type { SourceEntry } from "./walk.ts";

export interface ToShare {
  remote: Pick<ReceivedSharesApi, "stat" | "write" | "mkdir">;
  files: Pick<HostFiles, "open">;
}

/**
 * Copies into a received share. WebDAV cannot go on with an upload, so an interrupted file is sent again from its beginning; one that had
 * arrived whole before that could be noted is recognised.
 */
export function toShare({ remote, files }: ToShare, asking: Asking): Destination {
  const { user, share, remotePath, localPath, createdAt } = asking.job;
  const target = (path: string) => below(remotePath, path);
  const context = contextOf(asking);

  /** What is at a path of what is copied; null: the share itself. */
  async function look(path: string | null) {
    const entry = await remote.stat(user, share, path === null ? "" : target(path), context);
    expectFresh(entry);
    return entry;
  }

  /** Was it sent by this job, of this version of the source? */
  async function isOurs(entry: SourceEntry, begun: Begun): Promise<boolean> {
    if (begun === null || begun.etag !== entry.etag) return false;
    const there = await look(entry.path);
    return there.type === "file" && isOwnWork(there, entry, createdAt);
  }

  /**
   * A server that has no space, or takes no file of this size, may cut the connection before it can be heard. If it is there otherwise, the
   * upload was broken off and the server is not down.
   */
  async function whyBroken(error: unknown, size: number): Promise<unknown> {
    const isBroken = error instanceof PeerFailure || (error instanceof OcmError && error.code === "peer-unreachable");
    if (!isBroken || asking.signal.aborted) return error;
    try {
      const { quotaAvailable = size } = await look(null);
      if (quotaAvailable < size) return new OcmError("no-space", { message: NO_SPACE, cause: error });
      return new OcmError("peer-refused", { message: "The owner's server broke off the upload.", cause: error });
    } catch {
      return error;
    }
  }

  return {
    async makeFolder({ path }, begun) {
      try {
        await remote.mkdir(user, share, target(path), context);
      } catch (error) {
        const exists = error instanceof OcmError && error.code === "conflict";
        if (!exists || begun === null) throw error;
        const there = await look(path);
        if (there.type !== "folder") throw error;
      }
    },
    async putFile(entry, begun, progress) {
      const file = await files.open(user, below(localPath, entry.path));
      try {
        const { size, etag, modifiedAt } = file.entry;
        progress(0, etag);
        let bytes = 0;
        const { content, fault, end } = flow(file.read(), asking.signal, (more) => {
          bytes += more;
          progress(bytes);
        });
        try {
          const how = { ...context, size, ifNoneMatch: "*", modifiedAt };
          await remote.write(user, share, target(entry.path), content, how);
        } catch (error) {
          const taken = error instanceof OcmError && error.code === "precondition-failed";
          if (!taken) throw fault() ?? (await whyBroken(ofThePeer(error), size));
          if (await isOurs({ ...entry, size, etag, modifiedAt }, begun)) return size;
          throw new OcmError("conflict", { message: "There is something at the destination already.", cause: error });
        } finally {
          end();
        }
        return size;
      } finally {
        await file.close();
      }
    },
    async discard() {
      // What a server keeps of an upload that was cut off is its own affair.
    },
  };
}

const NO_SPACE = "There is no space left at the owner.";

/** Where a connection breaks, the stream on this side is torn down with it, which looks as if the content had been cut off here. */
function ofThePeer(error: unknown): unknown {
  const cutOff = error instanceof OcmError && error.code === "bad-request";
  return cutOff && error.cause instanceof PeerFailure ? error.cause : error;
}
