import type { Readable } from "node:stream";
import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { guardStream } from "../guard-stream.ts";
import { type ByteRange, parseRange } from "./byte-range.ts";
import { mediaType } from "./media-type.ts";
import { checkPreconditions, entityTag, httpDate, ifRangeHolds } from "./preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "./request.ts";
import { existing, resolveNode } from "./share-node.ts";

/** Up to this size a file is sent as one buffer, which is cheaper than a stream. Bytes. */
const SMALL = 65_536;

/** GET and HEAD of a file (RFC 9110 sections 9.3.1, 9.3.2, 14.2), whole or one range of it. */
export async function download(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const node = resolveNode(deps, request.path);
  const entry = await existing(deps, node);
  if (entry.type === "folder") throw new OcmError("method-not-allowed", { message: "A folder has no content." });
  const headers = describe(entry);
  if (checkPreconditions(request, entry) === "not-modified") {
    const { etag = "", "last-modified": modified = "" } = headers;
    return { status: 304, headers: { etag, "last-modified": modified }, body: null };
  }
  const range = ifRangeHolds(request, entry) ? parseRange(header(request, "range"), entry.size) : undefined;
  if (range === "outside") {
    return { status: 416, headers: { "content-range": `bytes */${entry.size}`, "content-length": "0" }, body: null };
  }
  const length = range === undefined ? entry.size : range.end - range.start + 1;
  headers["content-length"] = String(length);
  if (range !== undefined) headers["content-range"] = `bytes ${range.start}-${range.end}/${entry.size}`;
  const body = request.method === "HEAD" ? null : await content(deps, node.path, length, range);
  return { status: range === undefined ? 200 : 206, headers, body };
}

/** The fields of a file. What it holds is never to run in the name of this origin, so a browser is told to store it. */
function describe(entry: HostEntry): Record<string, string> {
  return {
    "content-type": mediaType(entry.name),
    etag: entityTag(entry),
    "last-modified": httpDate(entry.modifiedAt),
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "content-disposition": "attachment",
    "content-security-policy": "sandbox",
  };
}

async function content(deps: DavDeps, path: string, length: number, range?: ByteRange): Promise<Buffer | Readable> {
  if (length === 0) return Buffer.alloc(0);
  const stream = await deps.files.read(deps.share.user, path, range);
  if (length > SMALL) return guardStream(stream, deps.stillValid, deps.system);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const buffer = Buffer.concat(chunks);
  if (buffer.length !== length) throw new OcmError("unavailable", { message: "The file is changing." });
  return buffer;
}
