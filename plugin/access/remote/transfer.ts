import type { Readable } from "node:stream";
import type { ReadConditions, RemoteFile, WriteConditions } from "../../api.ts";
import type { PeerStreamAnswer } from "../../ports/peer-client.ts";
import { OcmError } from "../../protocol/errors.ts";
import { mediaType } from "./multistatus.ts";

/** Uploads up to this size are held in memory, so that they can be sent again with renewed credentials. Bytes. */
const SMALL = 65_536;

/** The fields of a GET or HEAD. A range means something to a GET alone. */
export function readHeaders(conditions: ReadConditions): Record<string, string> {
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined) headers[name] = value;
  };
  if (conditions.head !== true) {
    put("range", conditions.range);
    if (conditions.range !== undefined) put("if-range", conditions.ifRange);
  }
  put("if-match", conditions.ifMatch);
  put("if-none-match", conditions.ifNoneMatch);
  put("if-modified-since", conditions.ifModifiedSince);
  put("if-unmodified-since", conditions.ifUnmodifiedSince);
  return headers;
}

/**
 * What of an answer to a GET is handed on, as far as it has the form that its field has to have.
 * @throws OcmError peer-incompatible for an answer to something else than was asked; its body is let go of
 */
export function fileOf(
  answer: PeerStreamAnswer,
  asked: ReadConditions,
): {
  status: RemoteFile["status"];
  headers: RemoteFile["headers"];
  known: { size: number | null; modifiedAt: number | null };
} {
  const fault = faultOf(answer, asked);
  if (fault !== null) {
    answer.body.on("error", () => {});
    answer.body.destroy();
    throw new OcmError("peer-incompatible", { message: fault });
  }
  const status = statusOf(answer.status);
  const partial = status === 206 || status === 416;
  const content = status === 200 || status === 206;
  const headers: RemoteFile["headers"] = {};
  const put = (name: keyof RemoteFile["headers"], pattern: RegExp) => {
    const value = answer.headers[name];
    if (value !== undefined && pattern.test(value)) headers[name] = value;
  };
  put("etag", /^(W\/)?"[\x21\x23-\x7e]{0,1000}"$/);
  put("last-modified", /^[\w ,:+-]{1,50}$/);
  if (content) put("content-length", /^\d{1,16}$/);
  if (partial) put("content-range", /^bytes (\d{1,16}-\d{1,16}|\*)\/(\d{1,16}|\*)$/);
  if (content) headers["content-type"] = mediaType(answer.headers["content-type"]) ?? "application/octet-stream";
  const size = Number(headers["content-length"] ?? Number.NaN);
  const modifiedAt = Date.parse(headers["last-modified"] ?? "");
  return {
    status,
    headers,
    known: { size: Number.isNaN(size) ? null : size, modifiedAt: Number.isNaN(modifiedAt) ? null : modifiedAt },
  };
}

/** Whoever reads believes the status, so it has to go with what was asked (RFC 9110 sections 14.2, 15.3.7 and 15.4.5). */
function faultOf({ status, headers }: PeerStreamAnswer, asked: ReadConditions): string | null {
  const { "content-encoding": encoding = "identity" } = headers;
  if (encoding !== "identity" && status !== 304) return "The owner's server sends a compressed file, unasked.";
  const range = asked.head === true ? undefined : asked.range;
  const isConditional = asked.ifNoneMatch !== undefined || asked.ifModifiedSince !== undefined;
  if (status === 304 && !isConditional) return "The owner's server names a file that is known already, unasked.";
  if (status === 416 && range === undefined) return "The owner's server refuses a part of the file, unasked.";
  if (status !== 206) return null;
  if (range === undefined) return "The owner's server sends a part of the file, unasked.";
  return isPartAskedFor(headers, range)
    ? null
    : "The owner's server sends another part of the file than was asked for.";
}

/** Several parts come with their ranges in them; a part from the end begins where only the owner's server knows. */
function isPartAskedFor(headers: PeerStreamAnswer["headers"], range: string): boolean {
  const [, start] = /^\s*bytes (\d+)-/i.exec(headers["content-range"] ?? "") ?? [];
  if (start === undefined)
    return range.includes(",") && /^multipart\/byteranges\b/i.test(headers["content-type"] ?? "");
  const starts = [...range.matchAll(/(?:=|,)\s*(\d*)-/g)].map(([, from = ""]) => from);
  return starts.some((from) => from === "" || Number(from) === Number(start));
}

function statusOf(status: number): RemoteFile["status"] {
  return status === 206 || status === 304 || status === 416 ? status : 200;
}

/** The content as it is to be sent: small ones whole, the others as the stream that they are. */
export async function uploadBody(content: Readable, size: number | undefined): Promise<Buffer | Readable> {
  if (size === undefined || size > SMALL) return content;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of content.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > size) break;
    }
  } catch (cause) {
    throw new OcmError("bad-request", { message: "The upload was cut off.", cause });
  }
  if (length !== size)
    throw new OcmError("bad-request", { message: "The content has another size than was announced." });
  return Buffer.concat(chunks, length);
}

/** The fields of a PUT. */
export function uploadHeaders(conditions: WriteConditions, body: Buffer | Readable): Record<string, string> {
  const size = Buffer.isBuffer(body) ? body.length : conditions.size;
  const { modifiedAt, checksum } = conditions;
  return {
    "content-type": mediaType(conditions.mediaType) ?? "application/octet-stream",
    ...(size === undefined ? {} : { "content-length": String(size) }),
    ...(modifiedAt === undefined ? {} : { "x-oc-mtime": String(Math.floor(modifiedAt / 1_000)) }),
    ...(checksum === undefined ? {} : { "oc-checksum": checksum }),
    ...(conditions.ifMatch === undefined ? {} : { "if-match": conditions.ifMatch }),
    ...(conditions.ifNoneMatch === undefined ? {} : { "if-none-match": conditions.ifNoneMatch }),
  };
}
