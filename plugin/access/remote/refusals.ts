import type { Readable } from "node:stream";
import { PeerFailure, type PeerFailureCode, type PeerStreamAnswer } from "../../ports/peer-client.ts";
import type { System } from "../../ports/system.ts";
import { type ErrorCode, OcmError } from "../../protocol/errors.ts";
import { unescapeXml } from "../xml.ts";

/** Bytes of an error body that are looked at, and characters of it that are shown. */
const BODY_LIMIT = 8_192;
/** How long somebody waits for such a body, in milliseconds: it may come as slowly as its sender likes. */
const BODY_PATIENCE = 5_000;
const TEXT_LIMIT = 300;

/** What the owner's server answered, as the local user sees it: a code and a sentence, followed by its own words. */
const BY_STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ["peer-refused", "The owner's server does not accept our access to this share."],
  403: ["forbidden", "The owner's server does not allow this."],
  404: ["resource-missing", "The owner's server has no such file or folder."],
  405: ["conflict", "The owner's server cannot do that here."],
  409: ["conflict", "The owner's server cannot do that in this state."],
  410: ["resource-missing", "The owner's server has no such file or folder any more."],
  412: ["precondition-failed", "The file or folder has changed at the owner."],
  413: ["too-large", "The file is too large for the owner's server."],
  423: ["locked", "The file or folder is locked at the owner."],
  429: ["too-many-requests", "The owner's server wants fewer requests."],
  501: ["peer-incompatible", "The owner's server does not support this."],
  502: ["peer-unreachable", "The owner's server is not available at the moment."],
  503: ["peer-unreachable", "The owner's server is not available at the moment."],
  504: ["peer-unreachable", "The owner's server is not available at the moment."],
  507: ["no-space", "There is no space left at the owner."],
};

/** What the owner's server answered where it did not do what it was asked for. */
export class PeerRefusal extends OcmError {
  /** As the owner's server sent it; null where it did not come with an answer about the share. */
  readonly peerStatus: number | null;
  constructor(code: ErrorCode, message: string, peerStatus: number | null) {
    super(code, { message });
    this.peerStatus = peerStatus;
  }
}

/** Turns an answer that is no success into a refusal, and reads its body to the end or lets go of it. */
export async function refusalOf(answer: PeerStreamAnswer, system: Pick<System, "sleep">): Promise<PeerRefusal> {
  const text = await readStart(answer.body, system);
  const words = ownersWords(text, answer.headers["content-type"] ?? "");
  const status = answer.status === 207 ? failedMember(text) : answer.status;
  const [code, sentence] = BY_STATUS[status] ?? ["peer-refused", `The owner's server answered with status ${status}.`];
  return new PeerRefusal(code, words === "" ? sentence : `${sentence} It says: ${words}`, status);
}

/** A part could not be moved, copied or removed: the status of the first that is told of (RFC 4918 section 9.6.1). */
function failedMember(text: string): number {
  return Number(/\bHTTP\/[\d.]{1,5} ([45]\d\d)\b/.exec(text)?.[1] ?? 207);
}

const UNREACHABLE: ReadonlySet<PeerFailureCode> = new Set([
  "peer-address-refused",
  "peer-dns",
  "peer-unreachable",
  "peer-tls",
  "peer-timeout",
]);

/** What went wrong on the way to a peer, as the local user sees it; anything but a PeerFailure is handed back as it is. */
export function peerTrouble(error: unknown): unknown {
  if (!(error instanceof PeerFailure)) return error;
  if (error.code === "peer-not-allowed")
    return new OcmError("peer-not-allowed", { message: error.message, cause: error });
  return new OcmError(UNREACHABLE.has(error.code) ? "peer-unreachable" : "peer-refused", {
    message: error.message,
    cause: error,
  });
}

/** Reads a small body to its end, so that the connection can be used again, and drops one that is large or does not come to its end. */
export async function discard(body: Readable, system: Pick<System, "sleep">): Promise<void> {
  await readStart(body, system);
}

/** The sentence in an error body: WebDAV's `message` element, JSON's `message`, or plain text. Never HTML. */
function ownersWords(text: string, type: string): string {
  if (/\bxml\b/i.test(type) && !/html/i.test(type)) {
    return tidy(unescapeXml(/<(?:[\w-]+:)?message[^<>]*>([^<]*)</.exec(text)?.[1] ?? ""));
  }
  if (/\bjson\b/i.test(type)) return tidy(jsonMessage(text));
  return /^text\/plain\b/i.test(type) ? tidy(text) : "";
}

function jsonMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) ?? {};
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}

/** One line without control and formatting characters, of bounded length. */
function tidy(text: string): string {
  const line = text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, TEXT_LIMIT);
  return line.toWellFormed();
}

async function readStart(body: Readable, system: Pick<System, "sleep">): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const done = new AbortController();
  void system.sleep(BODY_PATIENCE, done.signal).then(() => body.destroy());
  // A body that is let go of early may report that as an error, to nobody.
  body.on("error", () => {});
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      // Leaving the loop early destroys the stream.
      if (length > BODY_LIMIT) break;
    }
  } catch {
    // What came until then is enough: the status has been read.
  } finally {
    done.abort();
  }
  return Buffer.concat(chunks).toString("utf8");
}
