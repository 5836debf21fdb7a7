import { createHash } from "node:crypto";
import { shortRest } from "../deliver/rest.ts";
import { createWorker, type Worker } from "../deliver/worker.ts";
import { openStore } from "../model/open-store.ts";
import type { Host, HostUser } from "../ports/host.ts";
import type { Logger } from "../ports/log.ts";
import { type PeerAnswer, type PeerClient, PeerFailure, type PeerMessage } from "../ports/peer-client.ts";
import type { AnyAggregate, JsonObject } from "../ports/records.ts";
import type { Collection, Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import { decodeDiscovery, encodeDiscovery } from "../protocol/discovery.ts";
import { OcmError } from "../protocol/errors.ts";
import { decodeInviteAccepted, encodeInviteAnswer } from "../protocol/invite-accepted.ts";
import { decodeNotification } from "../protocol/notification.ts";
import { encodeShareAnswer } from "../protocol/share-answer.ts";
import { decodeShare } from "../protocol/share-decode.ts";
import { sharingApi } from "./api.ts";
import type { SharingContext } from "./context.ts";
import { redeem } from "./invites.ts";
import { sharingLimits } from "./limits.ts";
import { notified } from "./notified.ts";
import { receive } from "./receive.ts";

/** What happens to the next message between two servers. */
export type Fate = "arrives" | "request-lost" | "answer-lost" | "twice" | "late";

/** A whole server without HTTP and signatures: real use cases, real worker, real store, a clock that the test moves. */
export interface Party {
  host: string;
  store: Store;
  context: SharingContext;
  api: ReturnType<typeof sharingApi>;
  /** Delivers all that is due. */
  work(): Promise<void>;
  /** Dies after this many more writes, then starts again with nothing but its store. */
  dieAfter(writes: number): void;
  close(): Promise<void>;
}

export interface Federation {
  party(name: string): Party;
  parties: Party[];
  /** Decides about each message; the default lets all of them arrive. */
  fate: () => Fate;
  /** Moves the clock, in milliseconds. */
  pass(ms: number): void;
  now(): number;
  /** Lets late messages arrive, and all parties work until nothing is due any more. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => QUIET };

/** Makes a federation of servers `<name>.example`, each with the person `<name>`. */
export async function federation(names: readonly string[]): Promise<Federation> {
  let clock = Date.UTC(2026, 0, 1);
  let counter = 0;
  const late: (() => Promise<unknown>)[] = [];
  const parties = new Map<string, Party>();
  const system: System = {
    now: () => clock,
    sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    soon: () => Promise.resolve(),
    timeout: () => new AbortController().signal,
    random(purpose, bytes) {
      counter += 1;
      const seed = createHash("sha512").update(`${purpose}:${counter}`).digest();
      return Buffer.concat([seed, seed]).subarray(0, bytes);
    },
    verify: () => Promise.resolve(true),
    fetch: () => Promise.reject(new Error("No network here.")),
    resolve: () => Promise.resolve([]),
  };
  const self: Federation = {
    parties: [],
    fate: () => "arrives",
    party(name) {
      const found = parties.get(`${name}.example`);
      if (found === undefined) throw new Error(`No party ${name}.`);
      return found;
    },
    pass(ms) {
      clock += ms;
    },
    now: () => clock,
    async heal() {
      self.fate = () => "arrives";
      for (const message of late.splice(0)) await message();
      for (let round = 0; round < 60; round++) {
        clock += 10 * 60_000;
        for (const party of self.parties) await party.work();
      }
    },
    async close() {
      for (const party of self.parties) await party.close();
    },
  };
  for (const name of names) {
    const party = await makeParty(name);
    parties.set(party.host, party);
    self.parties.push(party);
  }
  return self;

  async function makeParty(name: string): Promise<Party> {
    const host = `${name}.example`;
    const origin = `https://${host}`;
    const inner = await openStore({ database: "file::memory:", origin, system, logger: QUIET });
    let writesLeft = Number.POSITIVE_INFINITY;
    const store = mortal(inner, () => {
      writesLeft -= 1;
      if (writesLeft < 0) throw new Error("killed");
    });
    let worker: Worker;
    const context: SharingContext = {
      store,
      peers: client(host),
      trust: {
        refuse: () => null,
        isKnown: () => false,
        mustInvite: false,
        mustExchangeToken: false,
        signatures: "required",
        signaturesOf: () => "required",
      },
      sealer: {
        seal: (plain) => ({ keyId: "test", data: plain }),
        open: (sealed) => sealed.data,
        issueToken: () => "ocm_test",
        readToken: () => undefined,
      },
      system,
      host: hostOf(name),
      limits: sharingLimits(),
      log: QUIET,
      self: { host, resourceUrl: (id) => `${origin}/ocm/dav/${id}`, wayfPage: null },
      decided() {},
      nudge: (kind, id) => worker.nudge(kind, id),
    };
    const restart = () => {
      writesLeft = Number.POSITIVE_INFINITY;
      counter += 1;
      const owner = `${name}-${counter}`;
      worker = createWorker({
        context,
        enabled: true,
        owner,
        rest: shortRest(system),
        telemetry: NO_TELEMETRY,
        delivered() {},
      });
    };
    restart();
    return {
      host,
      store,
      context,
      api: sharingApi(context, {} as Parameters<typeof sharingApi>[1]),
      async work() {
        restart();
        for (const collection of collectionsOf(store)) {
          for (const record of await collection.due(clock, 1000)) await worker.nudge(collection.kind, record.id);
        }
      },
      dieAfter(writes) {
        writesLeft = writes;
      },
      async close() {
        await worker.close();
        await inner.close();
      },
    };
  }

  function client(from: string): PeerClient {
    return {
      async discover(host) {
        const origin = `https://${host}`;
        const offer = {
          provider: host,
          endPoint: `${origin}/ocm`,
          webdav: "/ocm/dav/",
          capabilities: ["exchange-token", "http-sig", "invites", "notifications", "protocol-object"],
          criteria: [],
          tokenEndPoint: `${origin}/ocm/token`,
          jwksUri: `${origin}/ocm/jwks.json`,
          inviteAcceptDialog: null,
        };
        return decodeDiscovery(encodeDiscovery(offer), host, origin);
      },
      async post(message) {
        const lost = () => new PeerFailure("peer-timeout", message.host, "No answer.");
        switch (self.fate()) {
          case "arrives":
            return handle(from, message);
          case "request-lost":
            throw lost();
          case "answer-lost":
            await handle(from, message);
            throw lost();
          case "twice":
            await handle(from, message);
            return handle(from, message);
          case "late":
            // A signature that is older than this is refused by everybody.
            late.push(sentAt(clock, () => handle(from, message)));
            throw lost();
        }
      },
      stream: () => Promise.reject(new Error("No bytes here.")),
      health: () => Promise.resolve(undefined),
      isUnreachable: () => false,
    };
  }

  function sentAt(at: number, deliver: () => Promise<unknown>): () => Promise<unknown> {
    return async () => (clock - at <= 300_000 ? deliver() : undefined);
  }

  async function handle(from: string, { host, endpoint, body, requestId }: PeerMessage): Promise<PeerAnswer> {
    const party = parties.get(host);
    if (party === undefined || !("json" in body)) throw new PeerFailure("peer-dns", host, "No such server.");
    try {
      return { ...(await answer(party.context, from, endpoint, body.json, requestId)), retryAfter: null };
    } catch (error) {
      if (error instanceof OcmError)
        return { status: error.status, body: { message: error.message }, retryAfter: null };
      return { status: 500, body: undefined, retryAfter: null };
    }
  }
}

async function answer(
  context: SharingContext,
  host: string,
  endpoint: PeerMessage["endpoint"],
  json: JsonObject,
  requestId: string,
): Promise<{ status: number; body: unknown }> {
  if (endpoint === "shares") {
    return { status: 201, body: encodeShareAnswer(await receive(context, { ...decodeShare(json), requestId })) };
  }
  if (endpoint === "notifications") {
    await notified(context, { host, ...decodeNotification(json), requestId });
    return { status: 201, body: {} };
  }
  const acceptance = decodeInviteAccepted(json);
  return { status: 200, body: encodeInviteAnswer(await redeem(context, { ...acceptance, host, requestId })) };
}

function hostOf(name: string): Host {
  const user: HostUser = { id: name, displayName: name };
  const entry = { name: "file.txt", type: "file", size: 1, modifiedAt: 0, etag: "1" } as const;
  return {
    users: { find: async (id) => (id === name ? user : undefined) },
    files: { stat: async () => entry } as unknown as Host["files"],
    session: {} as Host["session"],
  };
}

/** Every record of every collection with aggregates. */
export function collectionsOf(store: Store): Collection<AnyAggregate>[] {
  return [store.outgoing, store.incoming, store.invites, store.contacts] as unknown as Collection<AnyAggregate>[];
}

/** A store whose writes may be the last thing that its process does. */
function mortal(store: Store, write: () => void): Store {
  const wrap = <C extends object>(collection: C): C =>
    new Proxy(collection, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        const bound = member.bind(target);
        if (name !== "insert" && name !== "replace" && name !== "remove") return bound;
        return async (...args: unknown[]) => {
          write();
          return bound(...args);
        };
      },
    });
  return {
    ...store,
    outgoing: wrap(store.outgoing),
    incoming: wrap(store.incoming),
    invites: wrap(store.invites),
    contacts: wrap(store.contacts),
    counters: store.counters,
    ping: () => store.ping(),
    close: () => store.close(),
    fix: (name, value) => store.fix(name, value),
  };
}
