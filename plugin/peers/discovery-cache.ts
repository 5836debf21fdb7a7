import { PeerFailure } from "../ports/peer-client.ts";
import type { JsonObject } from "../ports/records.ts";
import type { System } from "../ports/system.ts";
import { canonicalHost } from "../protocol/address.ts";
import { decodeDiscovery } from "../protocol/discovery.ts";
import { OcmError } from "../protocol/errors.ts";
import type { PeerProfile } from "../protocol/profile.ts";
import type { Connections } from "./connections.ts";
import { showsUnreachable } from "./failures.ts";
import { isLoopbackHost } from "./host-pattern.ts";
import type { BoundedHttp, JsonDocument } from "./http.ts";
import { lifetime } from "./http-dates.ts";
import { createLru } from "./lru.ts";

/** The draft's path, and two that servers of before the draft answer. */
const PATHS = ["/.well-known/ocm", "/ocm-provider", "/ocm-provider/"];
const DEADLINE = 10_000;
const FAILURE_LIFE = 5_000;
const MAX_PEERS = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** Whoever claims to be many hosts at once must not make us a source of floods. */
const MAX_FLIGHTS = 256;

/** A discovery document that was good when it came. */
export interface Discovered {
  profile: PeerProfile;
  /** Scheme and host that answered. */
  origin: string;
  /** The document as it came. */
  document: JsonObject;
  fetchedAt: number;
  expiresAt: number;
}

export interface GetOptions {
  /** Take nothing older than this, in milliseconds, whatever its lifetime. 0: fetch anew. @default the document's lifetime */
  maxAge?: number;
  requestId?: string | undefined;
}

/** What servers say of themselves (draft section 5), fetched once for all who ask at the same time. */
export interface DiscoveryCache {
  /** @throws PeerFailure */
  get(host: string, options?: GetOptions): Promise<Discovered>;
  /** What is in memory, also when its lifetime is over; asks nobody. */
  peek(host: string): Discovered | undefined;
}

export interface DiscoveryCacheOptions {
  system: System;
  http: BoundedHttp;
  connections: Connections;
  /** Told of each look into the cache. */
  looked?(found: boolean): void;
  /** Told of each fetch: what was found, or why not. */
  onFetched(host: string, outcome: Discovered | PeerFailure): void;
  /** Is it fetched also while many others are? False for hosts that only strangers have named. */
  isWanted(host: string): boolean;
  /** Has this peer once had a good document, before this process began? */
  hasSpokenOcm(host: string): Promise<boolean>;
}

export function createDiscoveryCache(options: DiscoveryCacheOptions): DiscoveryCache {
  const { system, onFetched } = options;
  const good = createLru<Discovered>({ maxEntries: MAX_PEERS, maxWeight: MAX_BYTES });
  const bad = createLru<{ failure: PeerFailure; until: number }>({ maxEntries: MAX_PEERS });
  const flights = new Map<string, Promise<Discovered>>();

  const fetchNow = async (host: string, requestId: string | undefined): Promise<Discovered> => {
    try {
      const { size, ...discovered } = await discover(host, requestId, options);
      // The profile repeats most of the document.
      good.set(host, discovered, 2 * size);
      bad.delete(host);
      onFetched(host, discovered);
      return discovered;
    } catch (error) {
      const failure = await asFailure(
        host,
        error,
        async () => good.get(host) !== undefined || options.hasSpokenOcm(host),
      );
      bad.set(host, { failure, until: system.now() + FAILURE_LIFE });
      onFetched(host, failure);
      throw failure;
    }
  };
  return {
    peek: (host) => good.get(host),
    get(host, { maxAge, requestId } = {}) {
      const now = system.now();
      const known = good.get(host);
      const isGood = known !== undefined && now < (maxAge === undefined ? known.expiresAt : known.fetchedAt + maxAge);
      options.looked?.(isGood);
      if (isGood) return Promise.resolve(known);
      const failed = bad.get(host);
      if (failed && now < failed.until && maxAge !== 0) return Promise.reject(failed.failure);
      const under = flights.get(host);
      if (under) return under;
      if (flights.size >= MAX_FLIGHTS && !options.isWanted(host)) return Promise.reject(tooMany(host));
      const flight = fetchNow(host, requestId).finally(() => flights.delete(host));
      flights.set(host, flight);
      return flight;
    },
  };
}

async function discover(
  host: string,
  requestId: string | undefined,
  options: DiscoveryCacheOptions,
): Promise<Discovered & { size: number }> {
  let told: PeerFailure | undefined;
  for (const origin of originsOf(host, options.connections(host).allowInsecureHttp)) {
    try {
      return await discoverAt(origin, host, requestId, options);
    } catch (error) {
      if (!(error instanceof PeerFailure)) throw error;
      if (told === undefined || (showsUnreachable(told) && !showsUnreachable(error))) told = error;
    }
  }
  throw told ?? new PeerFailure("peer-not-ocm", host, `${host} is not a host name.`, { final: true });
}

/** https always; plain http after it where the operator permits that, and before it for names that mean this machine (DISC-12). */
function originsOf(host: string, allowInsecureHttp: boolean): string[] {
  try {
    if (canonicalHost(host) !== host) return [];
  } catch {
    return [];
  }
  const origins = [`https://${host}`, ...(allowInsecureHttp ? [`http://${host}`] : [])];
  return isLoopbackHost(host) ? origins.reverse() : origins;
}

/** Tries the paths in turn; what the first one said is reported, unless it said only that there is nothing. */
async function discoverAt(
  origin: string,
  host: string,
  requestId: string | undefined,
  { system, http, connections }: DiscoveryCacheOptions,
): Promise<Discovered & { size: number }> {
  const end = system.now() + DEADLINE;
  let told: PeerFailure | undefined;
  for (const path of PATHS) {
    try {
      const found = await http.getJson({
        host,
        url: origin + path,
        template: path,
        connect: connections(host).message,
        deadline: Math.max(end - system.now(), 1),
        requestId,
        malformed: "peer-not-ocm",
      });
      return read(found, host, origin, system.now());
    } catch (error) {
      if (!(error instanceof PeerFailure) || !mayBeAtAnotherPath(error)) throw error;
      if (told === undefined || (isNothing(told) && !isNothing(error))) told = error;
    }
  }
  if (told && !isNothing(told)) throw told;
  const sentence = `${host} is not an OCM server: it answers neither at ${PATHS[0]} nor at ${PATHS[1]}.`;
  throw new PeerFailure("peer-not-ocm", host, sentence, { status: told?.status ?? 404 });
}

function read({ json, size, headers }: JsonDocument, host: string, origin: string, now: number) {
  try {
    const profile = decodeDiscovery(json, host, origin);
    // A decoded document is a JSON object.
    const document = json as JsonObject;
    return { profile, origin, document, size, fetchedAt: now, expiresAt: now + lifetime(headers) };
  } catch (cause) {
    const reason = cause instanceof OcmError ? cause.message : `The discovery document of ${host} cannot be read.`;
    throw new PeerFailure("peer-not-ocm", host, reason, { cause });
  }
}

/** No connection, a refused address or a server in trouble are the same at each path. */
function mayBeAtAnotherPath(failure: PeerFailure): boolean {
  if (failure.code === "peer-error") return failure.status !== null && failure.status < 500 && failure.status !== 429;
  return failure.code === "peer-not-ocm" || failure.code === "peer-redirect";
}

function tooMany(host: string): PeerFailure {
  return new PeerFailure("peer-unreachable", host, `${host} is not asked now: too many hosts are being asked.`);
}

function isNothing({ code, status }: PeerFailure): boolean {
  return code === "peer-error" && (status === 404 || status === 410);
}

/**
 * A server that has never spoken OCM will not start to by asking again. One that has may be in maintenance, whatever it answers
 * meanwhile.
 */
async function asFailure(host: string, error: unknown, hasSpokenOcm: () => Promise<boolean>): Promise<PeerFailure> {
  if (!(error instanceof PeerFailure)) {
    return new PeerFailure("peer-error", host, `Something went wrong here in the discovery of ${host}.`, {
      cause: error,
    });
  }
  if (error.code !== "peer-not-ocm" || (await hasSpokenOcm())) return error;
  const status = error.status === null ? {} : { status: error.status };
  return new PeerFailure(error.code, host, error.message, { cause: error.cause, final: true, ...status });
}
