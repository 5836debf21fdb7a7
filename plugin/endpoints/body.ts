import type { IncomingMessage } from "node:http";
import { OcmError } from "../protocol/errors.ts";
import type { KoaContext } from "./koa.ts";

/** Longest message of the protocol, in bytes. */
export const MESSAGE_LIMIT = 64 * 1024;

/** Refuses another Content-Type than the endpoint's; parameters such as charset are passed over. */
export function requireMediaType(request: IncomingMessage, mediaType: string): void {
  const sent = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (sent !== mediaType) throw new OcmError("unsupported-media-type", { message: `Send ${mediaType}.` });
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity")
    throw new OcmError("unsupported-media-type", { message: "Send the body without Content-Encoding." });
}

/**
 * The raw bytes of a bounded body: digests are made over them.
 * @throws OcmError length-required, too-large, body-consumed, bad-request when it ends early
 */
export async function readBytes(context: KoaContext, limit: number): Promise<Buffer> {
  const { req } = context;
  const declared = req.headers["content-length"];
  if (declared === undefined || req.headers["transfer-encoding"] !== undefined) throw new OcmError("length-required");
  if (Number(declared) > limit) throw new OcmError("too-large", { message: `The limit is ${limit} bytes.` });
  // With an encoding set there are no bytes any more.
  if (req.readableDidRead || req.readableEnded || req.readableEncoding !== null) return alreadyParsed(context);
  try {
    return Buffer.concat(await piecesOf(req));
  } catch (cause) {
    throw new OcmError("bad-request", { message: "The body ended early.", cause });
  }
}

/** All of a body that is known to be short. Listeners cost a fifth of what iterating over a stream does. */
function piecesOf(request: IncomingMessage): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let isWhole = false;
    const closed = () => {
      // An error is not free: it has a stack.
      if (!isWhole) reject(new Error("The connection was closed."));
    };
    // Whoever asked may have gone while the host looked who it was; that is not said again.
    if (request.destroyed) return closed();
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.once("end", () => {
      isWhole = true;
      resolve(pieces);
    });
    request.once("error", reject);
    request.once("close", closed);
    // A host may have paused it.
    request.resume();
  });
}

/** Common body parsers keep the text that they read; it is as good as the bytes if it still has their length. */
function alreadyParsed({ request, req }: KoaContext): Buffer {
  const text = "rawBody" in request ? request.rawBody : undefined;
  if (typeof text === "string" || Buffer.isBuffer(text)) {
    const bytes = Buffer.from(text as string);
    if (bytes.length === Number(req.headers["content-length"])) return bytes;
  }
  if (Number(req.headers["content-length"]) === 0) return Buffer.alloc(0);
  throw new OcmError("body-consumed");
}
