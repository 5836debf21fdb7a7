import type { ReceivedSharesApi, RemoteFile, WriteConditions } from "../../api.ts";
import { OcmError } from "../../protocol/errors.ts";
import { errorReply } from "../answer.ts";
import type { Call, Reply, Route } from "../route.ts";
import { discard, download, headOnly, tagHeader } from "./download.ts";
import { header } from "./input.ts";
import { asking } from "./received-files.ts";
import { remotePath } from "./remote-path.ts";
import { noContent } from "./reply.ts";
import { userRoute } from "./user-route.ts";

const CONTENT = "/shares/received/:id/content";
const BYTES = "application/octet-stream";

/** The bytes of files in a received share, streamed from and to the server that owns them. */
export function receivedContentRoutes({ received }: { received: ReceivedSharesApi }): Route[] {
  return [
    userRoute({
      method: "GET",
      path: `${CONTENT}{/*path}`,
      summary: "Download a file of a received share",
      openapi: {
        operationId: "downloadFile",
        description:
          "Range (one range of bytes), If-Range and If-None-Match are honoured. HEAD answers with the same headers. " +
          "The file always comes as an attachment.",
        responses: {
          200: { description: "The file.", mediaType: BYTES },
          206: { description: "The range of it.", mediaType: BYTES },
          304: { description: "It is as the client has it." },
        },
      },
      async handle(call) {
        const path = remotePath(call);
        const name = await fileName(received, call, path);
        return call.method === "HEAD" ? head(received, call, path, name) : get(received, call, path, name);
      },
    }),
    userRoute({
      method: "PUT",
      path: `${CONTENT}{/*path}`,
      body: { kind: "stream" },
      summary: "Write a file of a received share",
      openapi: {
        operationId: "uploadFile",
        description:
          "Written through as it arrives, and never repeated by itself. If-Match and If-None-Match guard against writing over the work of " +
          "others, and make it safe to repeat a request whose answer was lost: where the first one had arrived, the second gets 412.",
        responses: { 201: { description: "The file is new." }, 204: { description: "The file is replaced." } },
      },
      async handle(call) {
        const { user, id, context } = asking(call);
        const conditions = writeConditions(call);
        const written = await received.write(user, id, remotePath(call), call.request, { ...context, ...conditions });
        return { ...noContent(), status: written.created ? 201 : 204, headers: tagHeader(written.etag) };
      },
    }),
    userRoute({
      method: "DELETE",
      path: `${CONTENT}/*path`,
      summary: "Remove a file or folder in a received share",
      openapi: {
        operationId: "removeEntry",
        description: "If-Match guards against removing what others have changed.",
        responses: { 204: { description: "It is removed." } },
      },
      async handle(call) {
        const { user, id, context } = asking(call);
        const path = remotePath(call);
        if (path === "") throw new OcmError("path-invalid", { message: "The share itself is left, not removed." });
        const asked = { ...context, ifMatch: header(call, "if-match") };
        await received.remove(user, id, path, asked);
        return noContent();
      },
    }),
  ];
}

async function get(received: ReceivedSharesApi, call: Call, path: string, name: string): Promise<Reply> {
  const { user, id, context } = asking(call);
  const { range, ifRange } = rangeOf(call);
  const conditions = { ...context, ifNoneMatch: header(call, "if-none-match") };
  const asked = { ...conditions, range, ifRange };
  const file = await received.read(user, id, path, asked);
  const isPart = file.status === 206 || file.status === 416;
  if (isPart && ifRange !== undefined && ifRange !== tagHeader(file.headers.etag).etag) {
    // The owner's server does not know If-Range, and this is a part of another version (RFC 9110, section 13.1.5).
    discard(file.body);
    return download(await received.read(user, id, path, conditions), name);
  }
  return file.status === 416 ? outOfRange(file, call) : download(file, name);
}

async function head(received: ReceivedSharesApi, call: Call, path: string, name: string): Promise<Reply> {
  const { user, id, context } = asking(call);
  const entry = await received.stat(user, id, path, context);
  if (entry.type === "folder")
    throw new OcmError("resource-missing", { message: "This is a folder: list its entries." });
  return headOnly(entry, name, header(call, "if-none-match"));
}

/** The last segment; for the share itself, its name here. */
async function fileName(received: ReceivedSharesApi, call: Call, path: string): Promise<string> {
  if (path !== "") return path.slice(path.lastIndexOf("/") + 1);
  return (await received.get(call.user.id, call.params.id ?? "")).name;
}

/**
 * The range to ask for. Several may be answered with the whole file (RFC 9110, section 14.2), and so may one that depends on anything but a
 * strong tag: only that tells that the bytes are the same, and a time would have to be proven strong.
 */
function rangeOf(call: Call): { range?: string; ifRange?: string } {
  const range = header(call, "range");
  const ifRange = header(call, "if-range");
  if (range === undefined || !/^bytes=(\d+-\d*|-\d+)$/i.test(range)) return {};
  if (ifRange === undefined) return { range };
  return ifRange.startsWith('"') ? { range, ifRange } : {};
}

function outOfRange(file: RemoteFile, call: Call): Reply {
  discard(file.body);
  const range = file.headers["content-range"];
  return errorReply(
    new OcmError("range-invalid"),
    call.requestId,
    range === undefined ? {} : { "content-range": range },
  );
}

/** @throws bad-request, unsupported-media-type for bodies that are not simply the file */
function writeConditions(call: Call): WriteConditions {
  if (header(call, "content-range") !== undefined) {
    throw new OcmError("bad-request", { message: "A part of a file cannot be written; send the whole." });
  }
  if ((header(call, "content-encoding") ?? "identity") !== "identity") {
    throw new OcmError("unsupported-media-type", { message: "Content-Encoding is not supported here." });
  }
  const length = header(call, "content-length");
  return {
    ifMatch: header(call, "if-match"),
    ifNoneMatch: header(call, "if-none-match"),
    size: length === undefined ? undefined : Number(length),
    mediaType: header(call, "content-type"),
  };
}
