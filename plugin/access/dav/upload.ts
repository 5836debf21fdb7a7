import { type Readable, Transform } from "node:stream";
import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { guardStream } from "../guard-stream.ts";
import { hostRefusal } from "./error-reply.ts";
import { checkPreconditions, entityTag } from "./preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "./request.ts";
import { resolveNode, statNode } from "./share-node.ts";

/**
 * PUT of a whole file (RFC 9110 section 9.3.4, RFC 4918 section 9.7): 201 for a new one, 204 for a replaced one. Whether it may be
 * written is looked at before the first byte and again after the last, just before the file adapter puts the content in place, so
 * that two writers with the same If-Match do not overwrite each other and an upload ends with its share.
 */
export async function upload(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  if (header(request, "content-range") !== undefined) {
    throw new OcmError("bad-request", { message: "A file can only be written whole, without Content-Range." });
  }
  const node = resolveNode(deps, request.path);
  if (node.hasSlash && deps.share.resourceType === "folder") {
    throw new OcmError("method-not-allowed", { message: "A folder cannot be written; create it with MKCOL." });
  }
  const look = async (): Promise<HostEntry | undefined> => {
    const entry = await statNode(deps, node);
    mayWrite(request, deps, entry);
    return entry;
  };
  const before = await look();
  const gate = new Gate(async () => {
    if (!(await deps.stillValid())) throw new OcmError("unauthenticated", { message: "The share has ended." });
    await look();
  });
  feed(request.body, gate);
  // A share that has ended takes no more bytes: the client may never come to the end of them.
  guardStream(gate, deps.stillValid, deps.system);
  let written: HostEntry;
  try {
    written = await deps.files.write(deps.share.user, node.path, gate);
  } catch (error) {
    throw gate.refusal ?? hostRefusal(error, "conflict");
  } finally {
    request.body.unpipe(gate);
    request.body.resume();
  }
  const headers = { etag: entityTag(written) };
  if (before !== undefined) return { status: 204, headers, body: null };
  return { status: 201, headers: { ...headers, "content-length": "0" }, body: null };
}

function mayWrite(request: DavRequest, deps: DavDeps, entry: HostEntry | undefined): void {
  if (entry?.type === "folder")
    throw new OcmError("method-not-allowed", { message: "There is a folder at this path." });
  if (entry !== undefined && !deps.share.permissions.includes("read")) {
    throw new OcmError("forbidden", { message: "This share takes new files only." });
  }
  checkPreconditions(request, entry);
}

/** Lets an upload through, and asks at its end, before whoever reads it learns that it is complete. */
class Gate extends Transform {
  refusal: Error | undefined;
  readonly #last: () => Promise<void>;

  constructor(last: () => Promise<void>) {
    super();
    this.#last = last;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    done(null, chunk);
  }

  override _flush(done: (error?: Error) => void): void {
    this.#last().then(
      () => done(),
      (error) => this.refuse(error),
    );
  }

  refuse(error: Error): void {
    this.refusal ??= error;
    this.destroy(error);
  }
}

/** Unlike stream.pipeline, leaves the request alone when the gate fails: it still has to be answered on its connection. */
function feed(body: Readable, gate: Gate): void {
  const cutOff = () => gate.refuse(new OcmError("bad-request", { message: "The upload was cut off." }));
  body.once("error", cutOff);
  body.once("close", () => {
    if (!body.readableEnded) cutOff();
  });
  gate.on("error", () => {});
  body.pipe(gate);
}
