import type { Readable } from "node:stream";
import { type HostEntry, type HostFile, HostFileError } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { httpDate } from "../http-date.ts";
import { checkIf } from "../locks/locks.ts";
import { checkPreconditions, entityTag, ifRangeHolds } from "../preconditions.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "../request.ts";
import { existing, resolveNode, type ShareNode } from "../share-node.ts";
import { type ByteRange, parseRanges } from "./byte-range.ts";
import { mediaType } from "./media-type.ts";
import { multipart } from "./multipart.ts";

/** Up to this size a file is sent as one buffer, which is cheaper than a stream. Bytes. */
const SMALL = 65_536;

/** GET of a file (RFC 9110 sections 9.3.1 and 14.2), whole, or one range or several ranges of it. */
export async function download(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const file = await openNode(deps, resolveNode(deps, request.path));
  let streaming = false;
  try {
    const { entry } = file;
    await checkIf(request, deps, entry);
    const answered = withoutContent(request, entry);
    if (answered !== undefined) return answered;
    const headers = describe(entry);
    const ranges = ifRangeHolds(request, entry) ? parseRanges(header(request, "range"), entry.size) : undefined;
    if (ranges === "outside") return outside(entry);
    if (ranges !== undefined && ranges.length > 1) {
      const boundary = deps.system.random("multipart", 15).toString("hex");
      const parts = multipart(file, ranges, headers["content-type"] ?? "", boundary);
      headers["content-type"] = `multipart/byteranges; boundary=${boundary}`;
      headers["content-length"] = String(parts.length);
      // Nothing was written, so a close that fails loses nothing.
      parts.stream.once("close", () => void file.close().catch(() => {}));
      streaming = true;
      return { status: 206, headers, body: deps.guard(parts.stream) };
    }
    const range = ranges?.[0];
    const length = range === undefined ? entry.size : range.end - range.start + 1;
    headers["content-length"] = String(length);
    if (range !== undefined) headers["content-range"] = `bytes ${range.start}-${range.end}/${entry.size}`;
    const body = length > SMALL ? stream(file, deps, range) : await buffer(file, length, range);
    return { status: range === undefined ? 200 : 206, headers, body };
  } finally {
    if (!streaming) await file.close();
  }
}

/** HEAD of a file: the fields of a GET, without opening it. A Range means nothing here (RFC 9110 section 14.2). */
export async function describeFile(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const entry = await existing(deps, resolveNode(deps, request.path));
  if (entry.type === "folder") throw noContent();
  await checkIf(request, deps, entry);
  const headers = { ...describe(entry), "content-length": String(entry.size) };
  return withoutContent(request, entry) ?? { status: 200, headers, body: null };
}

/** A shared folder that has become a file is no longer what was shared, and the other way round. */
async function openNode(deps: DavDeps, node: ShareNode): Promise<HostFile> {
  const { user, resourceType } = deps.share;
  if (node.isRoot && resourceType === "folder") {
    await existing(deps, node);
    throw noContent();
  }
  try {
    return await deps.files.open(user, node.path);
  } catch (error) {
    if (!(error instanceof HostFileError) || error.failure !== "is-a-folder") throw error;
    throw node.isRoot ? new OcmError("resource-missing") : noContent();
  }
}

function noContent(): OcmError {
  return new OcmError("method-not-allowed", { message: "A folder has no content." });
}

function withoutContent(request: DavRequest, entry: HostEntry): DavReply | undefined {
  if (checkPreconditions(request, entry) !== "not-modified") return undefined;
  const headers = { etag: entityTag(entry), "last-modified": httpDate(entry.modifiedAt), "cache-control": CACHING };
  return { status: 304, headers, body: null };
}

function outside(entry: HostEntry): DavReply {
  const headers = { "content-range": `bytes */${entry.size}`, "content-length": "0", "cache-control": CACHING };
  return { status: 416, headers, body: null };
}

/** For one client alone, and to be asked about each time: a share may end. Some proxies look at nothing else before they keep an answer. */
const CACHING = "private, no-cache";

/** The fields of a file. What it holds is never to run in the name of this origin, so a browser is told to store it. */
function describe(entry: HostEntry): Record<string, string> {
  return {
    "content-type": mediaType(entry.name),
    etag: entityTag(entry),
    "last-modified": httpDate(entry.modifiedAt),
    "accept-ranges": "bytes",
    "cache-control": CACHING,
    "x-content-type-options": "nosniff",
    "content-disposition": "attachment",
    "content-security-policy": "sandbox",
  };
}

/** The stream holds the file open by itself. */
function stream(file: HostFile, deps: DavDeps, range?: ByteRange): Readable {
  return deps.guard(file.read(range));
}

async function buffer(file: HostFile, length: number, range?: ByteRange): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of file.read(range)) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  if (whole.length !== length) throw new OcmError("unavailable", { message: "The file is changing." });
  return whole;
}
