import type { KeySource, Signer } from "../ports/crypto.ts";
import type { Logger } from "../ports/log.ts";
import { type PeerClient, PeerFailure } from "../ports/peer-client.ts";
import type { PeerRecord } from "../ports/records.ts";
import type { Peers } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { createConnections } from "./connections.ts";
import { createDiscoveryCache } from "./discovery-cache.ts";
import { isOurs, showsUnreachable } from "./failures.ts";
import { createHttp } from "./http.ts";
import { createKeyCache } from "./key-cache.ts";
import { createPost } from "./messages.ts";
import { createPeerBook, type PeerBook } from "./peer-book.ts";
import type { PeerSettings } from "./peer-settings.ts";
import { type Probes, startProbes } from "./probes.ts";
import { openStream } from "./stream.ts";

const PAGE = 1_000;

export interface PeerClientOptions {
  system: System;
  signer: Signer;
  trust: TrustPolicy;
  settings: PeerSettings;
  store: Peers;
  logger: Logger;
  /** Canonical host[:port] of this server. */
  ownHost: string;
  /** URL of an HTTP proxy for everything that goes out. */
  outboundProxy?: string | undefined;
  telemetry: Telemetry;
  /** Called when a peer that was unreachable answers again. */
  onRecovered?(host: string): void;
}

export interface ManagedPeerClient extends PeerClient {
  /** The keys of other servers, for the verifier. */
  keys: KeySource;
  /** Peers that have answered since this process began, and peers that are unreachable. Asks nobody. */
  states(): { ok: number; unreachable: number };
  /** Takes over what earlier processes knew of unreachable peers, and probes those in the background from now on. */
  start(): Promise<void>;
  /** Breaks off what is under way, ends probing and writes what was learnt. */
  close(): Promise<void>;
}

/** Other servers: guarded, bounded, signed, with one breaker per peer. */
export function createPeerClient(options: PeerClientOptions): ManagedPeerClient {
  const { system, signer, trust, store, logger, ownHost, telemetry } = options;
  const http = createHttp(system, telemetry);
  const connections = createConnections(options);
  const book = createPeerBook({ store, system, logger });
  let probes: Probes | null = null;

  const breaker = createBreaker(
    () => system.now(),
    (host, open) => {
      const trouble = breaker.trouble(host);
      if (open && trouble) {
        logger.warn(
          { peer: host, code: trouble.lastError.code },
          `The peer is unreachable: ${trouble.lastError.message}`,
        );
        book.note(host, trouble);
        probes?.wake();
      } else if (!open) {
        logger.info({ peer: host }, "The peer can be reached again.");
        book.note(host, { failures: 0, unreachableSince: null, lastError: null });
        options.onRecovered?.(host);
      }
    },
  );
  const report = (host: string, failure: PeerFailure | null) => reportTo(breaker, book, host, failure);
  /** Does this server want something of the host, or did it once? Of all others anybody may have named them. */
  const isWanted = (host: string) => book.isAdmitted(host) || breaker.isOpen(host);

  const discovery = createDiscoveryCache({
    system,
    looked: (found) => telemetry.looked("discovery", found),
    http,
    connections,
    hasSpokenOcm: async (host) => Boolean((await book.get(host).catch(() => undefined))?.discovery),
    isWanted: (host) => isWanted(host) || trust.isKnown(host),
    onFetched(host, outcome) {
      if (outcome instanceof PeerFailure) {
        // Hosts that strangers name must not be probed for ever, nor keep those waiting that this server needs.
        if (isWanted(host)) report(host, outcome);
        return;
      }
      report(host, null);
      if (trust.isKnown(host)) book.admit(host);
      book.note(host, { discovery: outcome.document, fetchedAt: outcome.fetchedAt });
    },
  });
  const keys = createKeyCache({
    system,
    trust,
    http,
    connections,
    discovery,
    looked: (found) => telemetry.looked("keys", found),
    onFetched: (host, document) => book.note(host, { jwks: document }),
  });
  /** This server wants something of the peer, so the peer has a place in the registry from now on. */
  const turnTo = (host: string) => {
    if (!book.admit(host)) return;
    const found = discovery.peek(host);
    const jwks = keys.peek(host);
    if (found) book.note(host, { discovery: found.document, fetchedAt: found.fetchedAt });
    if (jwks) book.note(host, { jwks });
  };
  const throwIfOpen = (host: string) => {
    const refusal = breaker.refuse(host);
    if (refusal !== null) throw refusal;
  };
  const post = createPost({ http, signer, discovery, connections, report });

  return {
    keys: keys.find,
    async discover(host, { fresh = false, requestId, stranger = false } = {}) {
      refusePeer(trust, ownHost, host);
      if (!stranger) turnTo(host);
      const known = discovery.peek(host);
      if (!fresh && known && system.now() < known.expiresAt) {
        telemetry.looked("discovery", true);
        return known.profile;
      }
      throwIfOpen(host);
      return (await discovery.get(host, fresh ? { maxAge: 0, requestId } : { requestId })).profile;
    },
    async post(message) {
      refusePeer(trust, ownHost, message.host);
      turnTo(message.host);
      throwIfOpen(message.host);
      return post(message);
    },
    async stream(request) {
      refusePeer(trust, ownHost, request.host);
      turnTo(request.host);
      throwIfOpen(request.host);
      return openStream({ system, connections, report, telemetry }, request);
    },
    async health(host) {
      const record = await book.get(host);
      const trouble = breaker.trouble(host);
      return record && trouble ? { ...record, ...trouble } : record;
    },
    isUnreachable: (host) => breaker.isOpen(host),
    states() {
      let ok = 0;
      for (const host of book.allSeen()) if (!breaker.isOpen(host)) ok += 1;
      return { ok, unreachable: breaker.countOpen() };
    },
    async start() {
      for await (const record of allOf(store)) {
        if (trust.refuse(record.host) === null) restore(breaker, record);
      }
      probes ??= startProbes(system, breaker, async (host) => {
        await discovery.get(host, { maxAge: 0 }).catch(() => undefined);
      });
    },
    async close() {
      const stopped = probes?.stop();
      http.close();
      await stopped;
      await book.close();
    },
  };
}

/** @throws PeerFailure peer-not-allowed. This server may always ask itself, for its self-check. */
function refusePeer(trust: TrustPolicy, ownHost: string, host: string): void {
  const refusal = host === ownHost ? null : trust.refuse(host);
  if (refusal !== null) throw new PeerFailure("peer-not-allowed", host, refusal, { final: true });
}

/** Any answer of the peer itself shows that it is there. An address that is refused shows neither. */
function reportTo(breaker: Breaker, book: PeerBook, host: string, failure: PeerFailure | null): void {
  if (failure !== null && isOurs(failure)) return;
  const isRefusedAddress = failure?.code === "peer-address-refused";
  if (isRefusedAddress && !breaker.isOpen(host)) return;
  if (failure !== null && (isRefusedAddress || showsUnreachable(failure))) {
    breaker.failure(host, failure);
  } else {
    breaker.success(host);
    book.seen(host);
  }
}

async function* allOf(store: Peers): AsyncIterable<PeerRecord> {
  let after: string | undefined;
  do {
    const { items, next } = await store.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* items;
    after = next;
  } while (after !== undefined);
}

function restore(breaker: Breaker, { host, failures, unreachableSince, lastError }: PeerRecord): void {
  if (unreachableSince !== null && lastError !== null) breaker.restore(host, { failures, unreachableSince, lastError });
}
