import { Readable } from "node:stream";
import type {
  AccessContext,
  ReceivedSharesApi,
  RemoteEntry,
  RemoteFile,
  RemoteListing,
  WriteConditions,
} from "../../api.ts";
import type { Sealer } from "../../ports/crypto.ts";
import type { Logger } from "../../ports/log.ts";
import { type PeerClient, PeerFailure, type PeerStreamAnswer } from "../../ports/peer-client.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { createConnection, type RemoteRequest, type Use } from "./connection.ts";
import { childEntries, entryOf, folderOf, PROPFIND_BODY, takeApart, urlSegments } from "./listing.ts";
import { readMultistatus, visible } from "./multistatus.ts";
import { innerPath, pathInShare, usableShare } from "./received.ts";
import { type Observation, recordAccess } from "./record-access.ts";
import { discard, peerTrouble, refusalOf } from "./refusals.ts";
import { AccessRefused } from "./token-exchange.ts";
import { fileOf, uploadBody, uploadHeaders } from "./transfer.ts";

export interface RemoteAccessDeps {
  store: { incoming: Pick<Store["incoming"], "get" | "replace"> };
  peers: PeerClient;
  sealer: Pick<Sealer, "open">;
  system: Pick<System, "now" | "random" | "sleep">;
  /** Canonical host[:port] of this server, the client_id of token requests. */
  ownHost: string;
  logger: Logger;
}

export type RemoteAccess = Pick<
  ReceivedSharesApi,
  "open" | "stat" | "listFolder" | "read" | "write" | "mkdir" | "move" | "remove"
>;

const PROPFIND_HEADERS = { "content-type": 'application/xml; charset="utf-8"', accept: "application/xml" };

/**
 * The bytes of received shares (draft section 9, Receiving Server). Each method makes one request to the owner's server, besides those that
 * authentication needs, and notes on the share what it showed.
 */
export function createRemoteAccess(deps: RemoteAccessDeps): RemoteAccess {
  const connection = createConnection(deps);

  /** Finds the share, runs the work and turns whatever goes wrong into an OcmError. */
  async function using<T>(
    user: string,
    id: string,
    context: AccessContext,
    work: (use: Use) => Promise<T>,
  ): Promise<T> {
    const share = await usableShare(deps, user, id, context);
    const requestId = context.requestId ?? deps.system.random("request-id", 12).toString("hex");
    try {
      const profile = await deps.peers.discover(share.senderHost, { requestId });
      return await work({ share, profile, requestId, signal: context.signal });
    } catch (error) {
      if (error instanceof AccessRefused) {
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
    const refusal = await refusalOf(answer);
    const reading = request.method === "PROPFIND" || request.method === "GET";
    if (reading && request.path === "" && CLOSED.has(answer.status)) {
      throw new AccessRefused(refusal.code, refusal.message, answer.status);
    }
    throw refusal;
  }

  /** For requests whose answer is all in its status. */
  async function tell(use: Use, request: RemoteRequest, statuses: readonly number[]): Promise<PeerStreamAnswer> {
    const answer = await expect(use, request, statuses);
    await discard(answer.body);
    await note(use, { access: "ok" });
    return answer;
  }

  async function propfind(use: Use, path: string, url: string, depth: "0" | "1") {
    const headers = { ...PROPFIND_HEADERS, depth };
    const answer = await expect(use, { method: "PROPFIND", path, headers, body: PROPFIND_BODY }, [207]);
    return takeApart(await readMultistatus(answer.body), urlSegments(url));
  }

  /** The address of a folder inside the share is asked without a slash at its end: only the answer tells what it is. */
  async function open(use: Use, path: string): Promise<RemoteListing> {
    const { self, children } = await propfind(use, path, connection.url(use, path), "1");
    if (self === undefined) throw new OcmError("resource-missing");
    await note(use, { access: "ok", ...(path === "" ? { known: self } : {}) });
    const entry = entryOf(self, path === "" ? use.share.name : nameOf(path), path);
    return { entry, children: self.type === "folder" ? childEntries(children, path) : null };
  }

  async function stat(use: Use, path: string): Promise<RemoteEntry> {
    const { self } = await propfind(use, path, connection.url(use, path), "0");
    if (self === undefined) throw new OcmError("resource-missing");
    await note(use, { access: "ok", ...(path === "" ? { known: self } : {}) });
    return entryOf(self, path === "" ? use.share.name : nameOf(path), path);
  }

  async function listFolder(use: Use, path: string): Promise<RemoteEntry[]> {
    const folder = path === "" ? "" : `${path}/`;
    const listing = await propfind(use, folder, connection.url(use, folder), "1");
    const self = folderOf(listing);
    await note(use, { access: "ok", ...(path === "" ? { known: self } : {}) });
    return childEntries(listing.children, path);
  }

  async function read(use: Use, path: string, range?: string, ifNoneMatch?: string): Promise<RemoteFile> {
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (range !== undefined) headers.range = range;
    if (ifNoneMatch !== undefined) headers["if-none-match"] = ifNoneMatch;
    const answer = await expect(use, { method: "GET", path, headers }, [200, 206, 304, 416]);
    const file = await fileOf(answer);
    const known = path === "" && answer.status === 200 ? { known: file.known } : {};
    await note(use, { access: "ok", ...known });
    if (file.status === 200 || file.status === 206)
      return { status: file.status, headers: file.headers, body: answer.body };
    await discard(answer.body);
    return { status: file.status, headers: file.headers, body: Readable.from([]) };
  }

  async function write(use: Use, path: string, content: Readable, conditions: WriteConditions) {
    const body = await uploadBody(content, conditions.size);
    const request = { method: "PUT", path, headers: uploadHeaders(conditions, body), body };
    const answer = await tell(use, request, [200, 201, 204]).catch((error) => {
      const cutOff = error instanceof PeerFailure && content.errored !== null;
      throw cutOff ? new OcmError("bad-request", { message: "The upload was cut off.", cause: error }) : error;
    });
    return { etag: visible(answer.headers.etag ?? answer.headers["oc-etag"]), created: answer.status === 201 };
  }

  return {
    open: (user, id, path, context) => using(user, id, context, (use) => open(use, pathInShare(use.share, path))),
    stat: (user, id, path, context) => using(user, id, context, (use) => stat(use, pathInShare(use.share, path))),
    listFolder: (user, id, path, context) =>
      using(user, id, context, (use) => listFolder(use, pathInShare(use.share, path))),
    read: (user, id, path, context) =>
      using(user, id, context, (use) => read(use, pathInShare(use.share, path), context.range, context.ifNoneMatch)),
    write: (user, id, path, content, context) =>
      using(user, id, context, (use) => write(use, pathInShare(use.share, path), content, context)),
    mkdir: (user, id, path, context) =>
      using(user, id, context, async (use) => {
        await tell(use, { method: "MKCOL", path: `${innerPath(use.share, path)}/` }, [200, 201]);
      }),
    move: (user, id, from, to, context) =>
      using(user, id, context, async (use) => {
        const destination = connection.url(use, innerPath(use.share, to));
        const headers = { destination, overwrite: "F" };
        await tell(use, { method: "MOVE", path: innerPath(use.share, from), headers }, [200, 201, 204]);
      }),
    remove: (user, id, path, context) =>
      using(user, id, context, async (use) => {
        await tell(use, { method: "DELETE", path: innerPath(use.share, path) }, [200, 204]);
      }),
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What the owner's server says of a share that is not open to us any more, on reading the share itself. */
const CLOSED: ReadonlySet<number> = new Set([403, 404, 410]);
