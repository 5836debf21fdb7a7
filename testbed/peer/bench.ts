import type { Message } from "../faults/message.ts";
import type { Answer, Outgoing, Reach } from "./reach.ts";
import type { Reference } from "./reference.ts";
import { signed, type Tweaks } from "./signature.ts";
import { Skipped } from "./tally.ts";

/** What checks tell each other. */
export interface Found {
  /** A good share was answered with 2xx: only then does a refusal of a bad one say something. Null: not tried. */
  isGoodShareTaken: boolean | null;
  /** The Share Creation Notification of our server that was taken, and its identifier there. */
  notice: Record<string, unknown> | null;
  sent: string | null;
  /** What the peer took and was not yet told the end of: providerId and secret. */
  taken: Map<string, string>;
  /** What could not be taken back. */
  leftBehind: string[];
  /** Messages of the peer that our server refused and that were told. */
  refused: Set<string>;
  /** The share that somebody there has sent to us: its identifier here, and the one that the peer knows it by. */
  received: { id: string; providerId: string } | null;
}

/** All that a check has: both servers, what was asked for, and what earlier checks found. */
export interface Bench {
  /** Scheme and host[:port] of the peer, and host[:port]. */
  peer: string;
  host: string;
  reach: Reach;
  reference: Reference;
  /** OCM Address at the peer that may be shared with; null: none was named. */
  recipient: string | null;
  /** An invite that was made at the peer. */
  invite: string | null;
  /** Milliseconds to wait for what people at the peer do; 0: not at all. */
  waitMs: number;
  /** Whether this check was asked for by its name, or by that of one that needs it. */
  isAskedFor(name: string): boolean;
  /** The run is to end now. */
  isOver(): boolean;
  /** A line for the person, in the middle of a check. */
  tell(line: string): void;
  /** The answer to the discovery request, and the document; an empty one where it is no object. */
  discovery: Answer;
  document: Record<string, unknown>;
  found: Found;
  /** All answers to what the checks have sent so far. */
  answers(): readonly Message[];
  /** What was said last, as evidence. */
  last: Message | null;
}

/** Nothing is known yet. */
export function nothingFound(): Found {
  return {
    isGoodShareTaken: null,
    notice: null,
    sent: null,
    taken: new Map(),
    leftBehind: [],
    refused: new Set(),
    received: null,
  };
}

/** A message to the peer in the name of our server. */
export interface Post {
  /** Path below `endPoint`, or the whole URL. */
  to: string;
  /** An object is sent as JSON, search parameters as a form. */
  body: Record<string, unknown> | URLSearchParams | Buffer;
  /** False: not signed. */
  sign?: boolean;
  tweaks?: Tweaks;
  type?: string;
}

/** @throws Skipped where discovery names no endpoint; NoAnswer */
export async function post(bench: Bench, { to, body, sign = true, tweaks, type }: Post): Promise<Answer> {
  const url = /^https?:/.test(to) ? to : `${endPointOf(bench)}/${to}`;
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(body instanceof URLSearchParams ? body.toString() : JSON.stringify(body));
  const natural = body instanceof URLSearchParams ? "application/x-www-form-urlencoded" : "application/json";
  const outgoing: Outgoing = { method: "POST", url, body: bytes };
  const signature = sign
    ? signed({ method: "POST", url, body: bytes }, bench.reference.key, tweaks)
    : { "content-length": String(bytes.length), date: new Date().toUTCString() };
  const headers = {
    host: new URL(url).host,
    "user-agent": "koa-ocm",
    accept: "application/json",
    "content-type": type ?? natural,
    ...signature,
  };
  return await bench.reach.send({ ...outgoing, headers });
}

/** Posts a Share Creation Notification, and remembers it if it is taken, so that it can be taken back. */
export async function postShare(
  bench: Bench,
  notice: Record<string, unknown>,
  how: Partial<Post> = {},
): Promise<Answer> {
  const answer = await post(bench, { to: "shares", body: notice, ...how });
  // What has no identifier cannot be taken back.
  const { providerId } = notice;
  if (isTaken(answer) && typeof providerId === "string") bench.found.taken.set(providerId, secretOf(notice));
  return answer;
}

export function isTaken({ status }: Pick<Answer, "status">): boolean {
  return status >= 200 && status < 300;
}

/** A Share Creation Notification, as our server has sent it before or as it would; with an identifier of its own. */
export function notice(bench: Bench, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { reference, recipient, host, found } = bench;
  const requirements = capabilities(bench).has("exchange-token") ? { requirements: ["must-exchange-token"] } : {};
  const own = {
    shareWith: recipient ?? `nobody-${crypto.randomUUID()}@${host}`,
    name: "koa-ocm check",
    owner: reference.account.address,
    sender: reference.account.address,
    ownerDisplayName: "Alice of koa-ocm",
    senderDisplayName: "Alice of koa-ocm",
    shareType: "user",
    resourceType: "file",
    protocol: {
      name: "multi",
      webdav: { uri: crypto.randomUUID(), sharedSecret: crypto.randomUUID(), permissions: ["read"], ...requirements },
    },
  };
  return { ...(found.notice ?? own), providerId: crypto.randomUUID(), ...more };
}

export function capabilities({ document }: Bench): Set<string> {
  return textsOf(document.capabilities);
}

export function criteria({ document }: Bench): Set<string> {
  return textsOf(document.criteria);
}

/** Whether the peer says that it knows signatures. */
export function knowsSignatures(bench: Bench): boolean {
  return capabilities(bench).has("http-sig") || criteria(bench).has("must-use-http-sig");
}

/** @throws Skipped */
export function endPointOf({ document }: Bench): string {
  const { endPoint } = document;
  if (typeof endPoint !== "string" || !URL.canParse(endPoint)) throw new Skipped("Discovery names no endPoint.");
  return endPoint.replace(/\/+$/, "");
}

function textsOf(value: unknown): Set<string> {
  return new Set(Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);
}

function secretOf(body: Record<string, unknown>): string {
  return /"sharedSecret":"([^"]+)"/.exec(JSON.stringify(body.protocol ?? {}))?.[1] ?? "";
}
