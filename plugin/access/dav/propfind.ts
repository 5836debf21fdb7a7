import { Readable } from "node:stream";
import type { HostEntry } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import { guardStream } from "../guard-stream.ts";
import { XML_TYPE } from "./error-reply.ts";
import { type Listed, multistatus, responseWriter } from "./multistatus.ts";
import { parsePropfind, readBody } from "./propfind-body.ts";
import { type DavDeps, type DavReply, type DavRequest, header } from "./request.ts";
import { existing, resolveNode, type ShareNode } from "./share-node.ts";
import { encodeSharePath, isUsableName } from "./share-path.ts";

/**
 * PROPFIND of depth 0 or 1 (RFC 4918 section 9.1). The answer is written while the folder is read. Without a Depth header one level is
 * given: a receiving server leaves it out and expects that.
 */
export async function propfind(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const deep = readDepth(request);
  const asked = parsePropfind(await readBody(request.body));
  const node = resolveNode(deps, request.path);
  const entry = await existing(deps, node);
  const pieces = multistatus(resources(deps, node, entry, deep), responseWriter(asked, deps.share));
  return reply(pieces, deps);
}

function readDepth(request: DavRequest): boolean {
  const depth = header(request, "depth")?.trim().toLowerCase() ?? "1";
  if (depth === "infinity") throw new OcmError("depth-infinite");
  if (depth !== "0" && depth !== "1") throw new OcmError("bad-request", { message: "Depth has to be 0 or 1." });
  return depth === "1";
}

/** The resource itself first, because some clients take the first response for it, then its children. */
async function* resources(deps: DavDeps, node: ShareNode, entry: HostEntry, deep: boolean): AsyncGenerator<Listed> {
  const isFolder = entry.type === "folder";
  const href = isFolder ? `${node.href}/` : node.href;
  yield { entry, displayName: node.isRoot ? deps.share.name : entry.name, href };
  if (!deep || !isFolder) return;
  for await (const child of deps.files.list(deps.share.user, node.path)) {
    if (!isUsableName(child.name)) continue;
    const address = node.href + encodeSharePath([child.name]);
    yield {
      entry: child,
      displayName: child.name,
      href: child.type === "folder" ? `${address}/` : address,
    };
  }
}

/** Takes the first pieces before it answers, so that an early failure still has a status; a short answer goes out in one. */
async function reply(pieces: AsyncGenerator<Buffer, void, void>, deps: DavDeps): Promise<DavReply> {
  const headers = { "content-type": XML_TYPE, dav: "1" };
  const first = await pieces.next();
  const second = first.done ? first : await pieces.next();
  if (first.done || second.done) {
    const body = first.value ?? Buffer.alloc(0);
    return { status: 207, headers: { ...headers, "content-length": String(body.length) }, body };
  }
  const start = [first.value, second.value];
  async function* all() {
    yield* start;
    yield* pieces;
  }
  const stream = Readable.from(all(), { objectMode: false, highWaterMark: 65_536 });
  return { status: 207, headers, body: guardStream(stream, deps.stillValid, deps.system) };
}
