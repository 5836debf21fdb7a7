import { Readable } from "node:stream";
import type { AccessContext, ReadConditions, ReceivedSharesApi, RemoteFile, WriteConditions } from "../../api.ts";
import type { Sealer } from "../../ports/crypto.ts";
import type { Logger } from "../../ports/log.ts";
import { type PeerClient, PeerFailure, type PeerStreamAnswer } from "../../ports/peer-client.ts";
import type { IncomingShare } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { OcmError } from "../../protocol/errors.ts";
import { createTransfers } from "../transfers.ts";
import { createConnection, type RemoteRequest } from "./connection.ts";
import { brokeOff, decoupled } from "./decoupled.ts";
import { createLister } from "./lister.ts";
import { createListingCache } from "./listing-cache.ts";
import { visible } from "./multistatus.ts";
import { createRecall } from "./recall.ts";
import { innerPath, isUsable, pathInShare, usableShare } from "./received.ts";
import { type Observation, recordAccess } from "./record-access.ts";
import { discard, peerTrouble, refusalOf } from "./refusals.ts";
import { AccessRefused } from "./token-exchange.ts";
import { fileOf, readHeaders, uploadBody, uploadHeaders } from "./transfer.ts";
import type { Use } from "./use.ts";

export interface RemoteAccessDeps {
  store: { incoming: Pick<Store["incoming"], "get" | "replace"> };
  peers: PeerClient;
  sealer: Pick<Sealer, "open">;
  system: Pick<System, "now" | "random" | "sleep" | "soon">;
  /** Canonical host[:port] of this server, the client_id of token requests. */
  ownHost: string;
  logger: Logger;
  telemetry: Pick<Telemetry, "exchange" | "transfer">;
}

/**
 * The bytes of received shares, as typed methods. Entries that are given out are kept for the next caller too, and are frozen. Nothing that
 * writes is repeated by itself.
 */
export interface RemoteAccess
  extends Pick<
    ReceivedSharesApi,
    "open" | "stat" | "listFolder" | "read" | "write" | "mkdir" | "move" | "copy" | "remove"
  > {
  /** Lets go of what is known of a share that has ended. Nothing of it would be given out; this frees the memory at once. */
  forget(id: string): void;
}

/**
 * The bytes of received shares (draft section 9, Receiving Server). Each method makes one request to the owner's server, besides those that
 * authentication needs, and notes on the share what it showed.
 */
export function createRemoteAccess(deps: RemoteAccessDeps): RemoteAccess {
  const connection = createConnection(deps);
  const cache = createListingCache();
  const transfers = createTransfers(deps.system, () => deps.telemetry.transfer("received"));
  const recall = createRecall({ system: deps.system, cache });

  async function usable(user: string, id: string, context: AccessContext): Promise<IncomingShare> {
    try {
      return await usableShare(deps, user, id, context);
    } catch (error) {
      if (error instanceof OcmError && OVER.has(error.code)) recall.forget(id);
      throw error;
    }
  }

  /** Runs the work on a share and turns whatever goes wrong into an OcmError. */
  async function using<T>(share: IncomingShare, context: AccessContext, work: (use: Use) => Promise<T>): Promise<T> {
    const requestId = context.requestId ?? deps.system.random("request-id", 12).toString("hex");
    try {
      const profile = await deps.peers.discover(share.senderHost, { requestId });
      return await work({ share, profile, requestId, signal: context.signal });
    } catch (error) {
      if (error instanceof AccessRefused) {
        recall.forget(share.id);
        await note({ share }, { access: "refused", evidence: error.evidence(deps.system.now()) });
      }
      throw peerTrouble(error);
    }
  }

  function note(use: Pick<Use, "share">, observation: Observation): Promise<void> {
    return recordAccess(deps, use.share, observation);
  }

  /** An answer with one of these statuses; any other is a refusal. Where the share itself can't be read, that is noted. */
  async function expect(use: Use, request: RemoteRequest, statuses: readonly number[]): Promise<PeerStreamAnswer> {
    const answer = await connection.send(use, request);
    if (statuses.includes(answer.status)) return answer;
    const refusal = await refusalOf(answer, deps.system);
    if (READING.has(request.method) && request.path === "" && CLOSED.has(answer.status)) {
      throw new AccessRefused(refusal.code, refusal.message, answer.status);
    }
    throw refusal;
  }

  const lister = createLister({ ...deps, connection, cache, recall, using, expect, note });

  /** For requests whose answer is all in its status; what they touch is known no more, whether they have succeeded or not. */
  async function tell(
    use: Use,
    request: RemoteRequest,
    statuses: readonly number[],
    touched: readonly string[],
  ): Promise<PeerStreamAnswer> {
    try {
      const answer = await expect(use, request, statuses);
      await discard(answer.body, deps.system);
      await note(use, { access: "ok" });
      return answer;
    } finally {
      for (const path of touched) recall.written(use.share.id, path);
    }
  }

  /** The share may end while bytes flow, and then they stop. */
  function whileOpen<S extends Readable>(id: string, stream: S): S {
    return transfers.watch(stream, id, async () => {
      const share = await deps.store.incoming.get(id);
      return share !== undefined && isUsable(share, deps.system.now());
    });
  }

  async function read(use: Use, path: string, conditions: ReadConditions): Promise<RemoteFile> {
    const method = conditions.head === true ? "HEAD" : "GET";
    const answer = await expect(use, { method, path, headers: readHeaders(conditions) }, [200, 206, 304, 416]);
    const file = fileOf(answer, conditions);
    const known = path === "" && answer.status === 200 ? { known: file.known } : {};
    await note(use, { access: "ok", ...known });
    const { status, headers } = file;
    if (method === "GET" && (status === 200 || status === 206)) {
      // It has told so already, and would not tell again whoever gets it now.
      const cause = answer.body.errored;
      if (cause !== null) throw new OcmError("peer-unreachable", { message: BROKEN_OFF, cause });
      return { status, headers, body: whileOpen(use.share.id, answer.body) };
    }
    await discard(answer.body, deps.system);
    return { status, headers, body: Readable.from([]) };
  }

  async function write(use: Use, path: string, content: Readable, conditions: WriteConditions) {
    const { stream, release } = decoupled(content);
    try {
      const body = await uploadBody(whileOpen(use.share.id, stream), conditions.size);
      const request = { method: "PUT", path, headers: uploadHeaders(conditions, body), body };
      const answer = await tell(use, request, [200, 201, 204], [path]);
      return {
        etag: visible(answer.headers.etag ?? answer.headers["oc-etag"]),
        created: answer.status === 201,
        timeAccepted: answer.headers["x-oc-mtime"] === "accepted",
      };
    } catch (error) {
      const ended = stream.errored instanceof OcmError && stream.errored.code === "unauthenticated";
      if (ended) throw new OcmError("share-ended", { cause: error });
      // The stream also fails when the other server hangs up; then it was not the client who cut the upload off.
      const cutOff = error instanceof PeerFailure && brokeOff(content);
      throw cutOff ? new OcmError("bad-request", { message: "The upload was cut off.", cause: error }) : error;
    } finally {
      release();
    }
  }

  async function relocate(
    method: "MOVE" | "COPY",
    user: string,
    id: string,
    [from, to]: [from: string, to: string],
    context: AccessContext & { overwrite?: boolean },
  ): Promise<{ created: boolean }> {
    const share = await reachable(user, id, context);
    return using(share, context, async (use) => {
      const [path, destination] = [innerPath(share, from), innerPath(share, to)];
      const headers = { overwrite: context.overwrite === true ? "T" : "F" };
      const touched = method === "MOVE" ? [path, destination] : [destination];
      const answer = await tell(use, { method, path, destination, headers }, [200, 201, 204], touched);
      return { created: answer.status === 201 };
    });
  }

  async function reachable(user: string, id: string, context: AccessContext): Promise<IncomingShare> {
    const share = await usable(user, id, context);
    await lister.throwIfDown(share);
    return share;
  }

  return {
    async open(user, id, path, context) {
      const share = await usable(user, id, context);
      return lister.open(share, pathInShare(share, path), context);
    },
    async stat(user, id, path, context) {
      const share = await usable(user, id, context);
      return lister.stat(share, pathInShare(share, path), context);
    },
    async listFolder(user, id, path, context) {
      const share = await reachable(user, id, context);
      return lister.listFolder(share, pathInShare(share, path), context);
    },
    async read(user, id, path, context) {
      const share = await reachable(user, id, context);
      return using(share, context, (use) => read(use, pathInShare(share, path), context));
    },
    async write(user, id, path, content, context) {
      const share = await reachable(user, id, context);
      return using(share, context, (use) => write(use, pathInShare(share, path), content, context));
    },
    async mkdir(user, id, path, context) {
      const share = await reachable(user, id, context);
      const inner = innerPath(share, path);
      await using(share, context, (use) => tell(use, { method: "MKCOL", path: `${inner}/` }, [200, 201], [inner]));
    },
    move: (user, id, from, to, context) => relocate("MOVE", user, id, [from, to], context),
    copy: (user, id, from, to, context) => relocate("COPY", user, id, [from, to], context),
    async remove(user, id, path, context) {
      const share = await reachable(user, id, context);
      const inner = innerPath(share, path);
      const headers: Record<string, string> = context.ifMatch === undefined ? {} : { "if-match": context.ifMatch };
      await using(share, context, (use) => tell(use, { method: "DELETE", path: inner, headers }, [200, 204], [inner]));
    },
    forget: (id) => recall.forget(id),
  };
}

const OVER: ReadonlySet<string> = new Set(["share-ended", "share-not-accepted"]);
const BROKEN_OFF = "The owner's server broke off the file.";
const READING: ReadonlySet<string> = new Set(["PROPFIND", "GET", "HEAD"]);
/** What the owner's server says of a share that is not open to us any more, on reading the share itself. */
const CLOSED: ReadonlySet<number> = new Set([403, 404, 410]);
