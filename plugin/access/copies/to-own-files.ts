import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { ReadConditions, ReceivedSharesApi, RemoteFile } from "../../api.ts";
import { HostFileError, type HostFiles, type HostPartialFile, type HostWriteOptions } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type Begun, type Destination, drop, flow, isOwnWork, type Progress } from "./destination.ts";
import { below } from "./order.ts";
import { type Asking, contextOf } from "./sources.ts";
import type { SourceEntry } from "./walk.ts";

/** Bytes: to begin these again costs less than to keep parts of them. */
const SMALL = 2 ** 20;

export interface ToOwnFiles {
  remote: Pick<ReceivedSharesApi, "read">;
  files: HostFiles;
}

/**
 * Copies into a person's own files. Where the host keeps partial files, an interrupted download goes on with what is missing, as long as
 * the owner's server still has the same version of the file, by its strong entity tag.
 */
export function toOwnFiles({ remote, files }: ToOwnFiles, asking: Asking): Destination {
  const { id, user, share, remotePath, localPath, createdAt } = asking.job;
  const target = (path: string) => below(localPath, path);

  function read(path: string, how: ReadConditions = {}): Promise<RemoteFile> {
    return remote.read(user, share, below(remotePath, path), { ...contextOf(asking), ...how });
  }

  /** The whole file, from its beginning. */
  async function whole(path: string): Promise<RemoteFile> {
    const answer = await read(path);
    if (answer.status === 200) return answer;
    drop(answer.body);
    throw new OcmError("peer-incompatible", { message: "The owner's server sends a part of the file, unasked." });
  }

  async function partialOf(path: string): Promise<HostPartialFile | undefined> {
    return files.resume?.(user, target(path), keyOf(id, path));
  }

  /** @throws HostFileError exists */
  async function isThere(entry: SourceEntry, begun: Begun): Promise<boolean> {
    const present = await files.stat(user, target(entry.path));
    if (present === undefined) return false;
    // Nothing was there when the job began with this file. It was killed after the file was put in place and before that was noted.
    if (begun !== null && present.type === "file" && isOwnWork(present, entry, createdAt)) return true;
    throw new HostFileError("exists", "The name is taken.");
  }

  async function resume(
    entry: SourceEntry,
    begun: Begun,
    partial: HostPartialFile,
    progress: Progress,
  ): Promise<number> {
    const { path, size } = entry;
    const from = partial.size;
    if (from === 0 || begun === null || !isStrong(begun.etag)) {
      return anew(entry, await whole(path), partial, progress);
    }
    const { etag } = begun;
    const isWhole = from === size;
    const answer = await read(path, isWhole ? { ifNoneMatch: etag } : { range: `bytes=${from}-`, ifRange: etag });
    if (isWhole && answer.status === 304) return finish(partial, entry, from);
    const follows = answer.headers["content-range"]?.startsWith(`bytes ${from}-`) === true;
    if (answer.status === 206 && follows && answer.headers.etag === etag) {
      progress(from);
      const bytes = await append(partial, answer, { from, size }, progress);
      await expectSize(path, bytes);
      return finish(partial, entry, bytes);
    }
    if (answer.status === 200) return anew(entry, answer, partial, progress);
    drop(answer.body);
    return anew(entry, await whole(path), partial, progress);
  }

  /** From the beginning, in place of what may be there of another version. */
  async function anew(
    entry: SourceEntry,
    answer: RemoteFile,
    partial: HostPartialFile,
    progress: Progress,
  ): Promise<number> {
    let empty = partial;
    if (partial.size > 0) {
      await partial.discard();
      empty = (await partialOf(entry.path)) ?? partial;
    }
    progress(0, answer.headers.etag ?? null);
    return finish(empty, entry, await append(empty, answer, { from: 0, size: entry.size }, progress));
  }

  async function transfer(entry: SourceEntry, begun: Begun, progress: Progress): Promise<number> {
    const isSmall = entry.size !== null && entry.size <= SMALL;
    const partial = isSmall ? undefined : await partialOf(entry.path);
    if (partial !== undefined) return resume(entry, begun, partial, progress);
    const answer = await whole(entry.path);
    return received(answer, { from: 0, size: entry.size }, progress, asking.signal, async (content) => {
      await files.write(user, target(entry.path), content, finishing(entry));
    });
  }

  /** The file is in place: what may be left of it on its way goes. */
  async function settled({ path, size }: SourceEntry): Promise<number> {
    await (await partialOf(path))?.discard();
    return size ?? 0;
  }

  async function append(to: HostPartialFile, answer: RemoteFile, part: Part, progress: Progress): Promise<number> {
    return received(answer, part, progress, asking.signal, (content) => to.append(content));
  }

  /** A process that was taken for dead may have added to the file as well. @throws OcmError unavailable, and then it begins again */
  async function expectSize(path: string, bytes: number): Promise<void> {
    const partial = await partialOf(path);
    if (partial === undefined || partial.size === bytes) return;
    await partial.discard();
    throw new OcmError("unavailable", { message: "Two processes wrote to the file. It begins again." });
  }

  async function finish(partial: HostPartialFile, entry: SourceEntry, bytes: number): Promise<number> {
    asking.signal.throwIfAborted();
    await partial.finish(finishing(entry));
    return bytes;
  }

  return {
    async makeFolder({ path }, begun) {
      try {
        await files.mkdir(user, target(path));
      } catch (error) {
        const exists = error instanceof HostFileError && error.failure === "exists";
        if (!exists || begun === null || (await files.stat(user, target(path)))?.type !== "folder") throw error;
      }
    },
    async putFile(entry, begun, progress) {
      if (await isThere(entry, begun)) return settled(entry);
      try {
        return await transfer(entry, begun, progress);
      } catch (error) {
        // Whoever had the job before may have been slow and not dead, and have put the file in place meanwhile.
        const taken = error instanceof HostFileError && (error.failure === "changed" || error.failure === "exists");
        if (taken && (await isThere(entry, begun))) return settled(entry);
        throw error;
      }
    },
    async discard(path) {
      await (await partialOf(path))?.discard();
    },
  };
}

/** Where the content begins, and how large the file is, as far as the listing told. */
interface Part {
  from: number;
  size: number | null;
}

/**
 * Takes in the content of an answer, and says how many bytes there are then.
 * @throws OcmError peer-unreachable where it breaks off or is shorter than announced, peer-refused where nothing was announced and it is
 * longer than the file; what `take` throws otherwise
 */
async function received(
  { headers, body }: RemoteFile,
  { from: start, size }: Part,
  progress: Progress,
  signal: AbortSignal,
  take: (content: Readable) => Promise<void>,
): Promise<number> {
  let bytes = start;
  const announced = headers["content-length"];
  const most = announced === undefined ? (size ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const { content, fault, end } = flow(body, signal, (more) => {
    bytes += more;
    progress(bytes);
    if (bytes > most) body.destroy(new OcmError("peer-refused", { message: TOO_LONG }));
  });
  try {
    await take(content);
  } catch (error) {
    const cause = fault();
    if (bytes > most) throw new OcmError("peer-refused", { message: TOO_LONG, cause });
    throw cause === undefined ? error : brokenOff(cause);
  } finally {
    end();
  }
  if (announced !== undefined && bytes - start !== Number(announced)) throw brokenOff();
  return bytes;
}

const TOO_LONG = "The owner's server sends more than the file has.";

function brokenOff(cause?: Error): OcmError {
  return new OcmError("peer-unreachable", { message: "The owner's server broke off in the middle of a file.", cause });
}

function finishing({ modifiedAt }: SourceEntry): HostWriteOptions {
  return modifiedAt === null ? { expected: null } : { expected: null, modifiedAt };
}

function isStrong(etag: string | null): etag is string {
  return etag !== null && !etag.startsWith("W/");
}

/** Names the partial file of one file of one job. */
function keyOf(job: string, path: string): string {
  return createHash("sha256").update(`${job}\n${path}`).digest("hex").slice(0, 32);
}
