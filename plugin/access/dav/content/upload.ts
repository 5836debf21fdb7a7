import { Readable } from "node:stream";
import { type HostEntry, HostFileError } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { changed } from "../../changes/folder-versions.ts";
import { parentOf } from "../../tree-paths.ts";
import { hostRefusal } from "../error-reply.ts";
import { mayChange } from "../locks/locks.ts";
import { checkPreconditions, entityTag, expectedEtag } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "../request.ts";
import { resolveNode, type ShareNode, statNode } from "../share-node.ts";
import { type AnnouncedChecksum, announcedChecksum } from "./checksum.ts";
import { keepChecksum } from "./checksum-note.ts";
import { requestedTime, timeHeader } from "./upload-time.ts";

/**
 * PUT of a whole file (RFC 9110 section 9.3.4, RFC 4918 section 9.7): 201 for a new one, 204 for a replaced one. Conditions are looked at
 * before the first byte, and by the file adapter at the moment of replacing, so that two writers with the same If-Match do not
 * overwrite each other. Locks and the share itself are looked at again after the last byte.
 */
export async function upload(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  if (header(request, "content-range") !== undefined) {
    throw new OcmError("bad-request", { message: "A file can only be written whole, without Content-Range." });
  }
  const node = resolveNode(deps, request.path);
  if (node.hasSlash && deps.share.resourceType === "folder") {
    throw new OcmError("method-not-allowed", { message: "A folder cannot be written; create it with MKCOL." });
  }
  const modifiedAt = requestedTime(request);
  const checksum = announcedChecksum(request);
  const before = await statNode(deps, node);
  const mayReplace = deps.share.permissions.includes("read");
  await mayWrite(request, deps, node, before);
  await hasSpace(request, deps, node, before);
  const expected = mayReplace ? expectedEtag(request, before) : null;
  const gate = new Gate(request.body, checksum, async () => {
    if (!(await deps.stillValid())) throw new OcmError("unauthenticated", { message: "The share has ended." });
    await mayChange(request, deps, [{ path: node.path, member: before === undefined, entry: before }]);
  });
  // A share that has ended takes no more bytes: the client may never come to the end of them.
  deps.guard(gate);
  let written: HostEntry;
  try {
    const options = {
      ...(expected === undefined ? {} : { expected }),
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
    };
    written = await deps.files.write(deps.share.user, node.path, gate, options);
  } catch (error) {
    throw gate.refusal ?? writeRefusal(error, mayReplace);
  } finally {
    gate.destroy();
    request.body.resume();
  }
  await changed(deps, [node.path]);
  if (checksum !== undefined) await keepChecksum(deps, node.path, { value: checksum.value, etag: written.etag });
  const headers = { ...describe(written), ...timeHeader(modifiedAt, written) };
  if (before !== undefined) return { status: 204, headers, body: null };
  return { status: 201, headers: { ...headers, "content-length": "0" }, body: null };
}

/** What clients of ownCloud read of a file that they have written, beside its entity tag. */
function describe(written: HostEntry): Record<string, string> {
  const etag = entityTag(written);
  const headers: Record<string, string> = { etag, "oc-etag": etag };
  if (written.id !== undefined) headers["oc-fileid"] = encodeURIComponent(written.id.toWellFormed());
  return headers;
}

async function mayWrite(
  request: DavRequest,
  deps: DavDeps,
  node: ShareNode,
  entry: HostEntry | undefined,
): Promise<void> {
  if (entry?.type === "folder") {
    throw new OcmError("method-not-allowed", { message: "There is a folder at this path." });
  }
  if (entry !== undefined && !deps.share.permissions.includes("read")) throw onlyNew();
  checkPreconditions(request, entry);
  await mayChange(request, deps, [{ path: node.path, member: entry === undefined, entry }]);
}

function onlyNew(): OcmError {
  return new OcmError("forbidden", { message: "This share takes new files only." });
}

function writeRefusal(error: unknown, mayReplace: boolean): unknown {
  const changedMeanwhile = error instanceof HostFileError && error.failure === "changed";
  return changedMeanwhile && !mayReplace ? onlyNew() : hostRefusal(error, "conflict");
}

/** Refuses what cannot fit before it is sent. The file adapter has the last word: a quota may be unknown, or change. */
async function hasSpace(
  request: DavRequest,
  deps: DavDeps,
  node: ShareNode,
  replaced: HostEntry | undefined,
): Promise<void> {
  const length = Number(header(request, "content-length"));
  if (!(length > 0) || deps.files.quota === undefined) return;
  const quota = await deps.files.quota(deps.share.user, parentOf(node.path)).catch(() => undefined);
  if (quota !== undefined && length > quota.available + (replaced?.size ?? 0)) throw new OcmError("no-space");
}

/** Bytes that wait for the host. */
const HIGH_WATER = 262_144;

/**
 * An upload as the host reads it, which asks at its end, before whoever reads it learns that it is complete. Unlike stream.pipeline it leaves
 * the request alone when it fails: that still has to be answered on its connection. Not a Transform, which is two streams.
 */
class Gate extends Readable {
  refusal: Error | undefined;
  readonly #body: Readable;
  readonly #checksum: AnnouncedChecksum | undefined;
  readonly #last: () => Promise<void>;

  constructor(body: Readable, checksum: AnnouncedChecksum | undefined, last: () => Promise<void>) {
    super({ highWaterMark: HIGH_WATER });
    this.#body = body;
    this.#checksum = checksum;
    this.#last = last;
    this.on("error", () => {});
    body.once("error", this.#cutOff);
    if (body.readableEnded) this.#end();
    else if (body.destroyed) this.#cutOff();
    // It flows when the host reads.
    else body.pause().on("data", this.#take).once("end", this.#end).once("close", this.#closed);
  }

  override _read(): void {
    this.#body.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#body.off("data", this.#take).off("end", this.#end).off("close", this.#closed);
    done(error);
  }

  refuse(error: Error): void {
    this.refusal ??= error;
    this.destroy(error);
  }

  readonly #take = (chunk: Buffer): void => {
    this.#checksum?.update(chunk);
    if (!this.push(chunk)) this.#body.pause();
  };

  readonly #end = (): void => {
    if (this.#checksum?.matches() === false) {
      this.refuse(new OcmError("bad-request", { message: "The content does not have the checksum that was sent." }));
      return;
    }
    this.#last().then(
      () => this.push(null),
      (error) => this.refuse(error),
    );
  };

  readonly #closed = (): void => {
    if (!this.#body.readableEnded) this.#cutOff();
  };

  readonly #cutOff = (): void => this.refuse(new OcmError("bad-request", { message: "The upload was cut off." }));
}
