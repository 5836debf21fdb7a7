import type { KeySource, PublicJwk } from "../ports/crypto.ts";
import { PeerFailure } from "../ports/peer-client.ts";
import type { JsonObject } from "../ports/records.ts";
import type { System } from "../ports/system.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import type { Connections } from "./connections.ts";
import type { DiscoveryCache } from "./discovery-cache.ts";
import { checkedUrl } from "./endpoints.ts";
import type { BoundedHttp } from "./http.ts";
import { lifetime } from "./http-dates.ts";
import { readJwks } from "./jwks.ts";
import { createLru } from "./lru.ts";

const DEADLINE = 10_000;
/** An unknown `kid` makes us look again, but not more often than this for one host. */
const REFETCH_INTERVAL = 10_000;
/** On an unknown `kid`, a discovery document older than this is read anew: the keys may have moved. */
const DISCOVERY_AGE = 60_000;
const FAILURE_LIFE = 5_000;
/** While a peer's keys cannot be fetched, the last ones count for this long after they came. */
const STALE_LIFE = 24 * 3600 * 1000;
const MAX_PEERS = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** About what a key takes that is ready to verify with. Bytes. */
const IMPORTED_KEY = 2048;
/** Whoever claims to be many hosts at once must not make us a source of floods. */
const MAX_FLIGHTS = 256;

export interface KeyCache {
  /** The key of a host, from its JWK Set (draft, HTTP Message Signatures; D-08). */
  find: KeySource;
  /** The JWK Set in memory, as it came. */
  peek(host: string): JsonObject | undefined;
}

export interface KeyCacheOptions {
  system: System;
  http: BoundedHttp;
  trust: TrustPolicy;
  connections: Connections;
  discovery: DiscoveryCache;
  /** Told of each look into the cache. */
  looked?(found: boolean): void;
  /** Told of each JWK Set that came. */
  onFetched(host: string, document: JsonObject): void;
}

interface KeySet {
  keys: Map<string, PublicJwk>;
  document: JsonObject;
  fetchedAt: number;
  expiresAt: number;
}

export function createKeyCache(options: KeyCacheOptions): KeyCache {
  const { system, trust, onFetched } = options;
  const good = createLru<KeySet>({ maxEntries: MAX_PEERS, maxWeight: MAX_BYTES });
  const bad = createLru<{ failure: PeerFailure; until: number }>({ maxEntries: MAX_PEERS });
  const flights = new Map<string, Promise<KeySet>>();

  const fetchNow = async (host: string, discoveryAge: number | undefined): Promise<KeySet> => {
    try {
      const { size, ...set } = await fetchKeys(host, discoveryAge, options);
      // The parsed keys repeat the document, and those that verify are imported beside that.
      good.set(host, set, 2 * size + IMPORTED_KEY * set.keys.size);
      bad.delete(host);
      onFetched(host, set.document);
      return set;
    } catch (error) {
      const failure = asFailure(host, error);
      bad.set(host, { failure, until: system.now() + FAILURE_LIFE });
      throw failure;
    }
  };
  const fetch = (host: string, discoveryAge?: number): Promise<KeySet> => {
    const under = flights.get(host);
    if (under) return under;
    const failed = bad.get(host);
    if (failed && system.now() < failed.until) return Promise.reject(failed.failure);
    if (flights.size >= MAX_FLIGHTS && !trust.isKnown(host)) return Promise.reject(tooMany(host));
    const flight = fetchNow(host, discoveryAge).finally(() => flights.delete(host));
    flights.set(host, flight);
    return flight;
  };
  return {
    peek: (host) => good.get(host)?.document,
    async find(host, kid) {
      const refusal = trust.refuse(host);
      if (refusal !== null) throw new PeerFailure("peer-not-allowed", host, refusal, { final: true });
      const known = good.get(host);
      const now = system.now();
      const key = known?.keys.get(kid);
      options.looked?.(key !== undefined && now < (known?.expiresAt ?? 0));
      if (known === undefined) return (await fetch(host)).keys.get(kid);
      if (key !== undefined && now < known.expiresAt) return key;
      if (key === undefined && now < known.fetchedAt + REFETCH_INTERVAL) return undefined;
      try {
        return (await fetch(host, key === undefined ? DISCOVERY_AGE : undefined)).keys.get(kid);
      } catch (failure) {
        if (key !== undefined && now < known.fetchedAt + STALE_LIFE) return key;
        throw failure;
      }
    },
  };
}

async function fetchKeys(
  host: string,
  discoveryAge: number | undefined,
  { system, http, connections, discovery }: KeyCacheOptions,
): Promise<KeySet & { size: number }> {
  const { profile, origin } = await discovery.get(host, discoveryAge === undefined ? {} : { maxAge: discoveryAge });
  const { message, allowInsecureHttp } = connections(host);
  const url = checkedUrl(host, profile.jwksUri ?? `${origin}/.well-known/jwks.json`, allowInsecureHttp);
  const { json, size, headers } = await http.getJson({
    host,
    url,
    template: "{jwksUri}",
    connect: message,
    deadline: DEADLINE,
    malformed: "peer-bad-answer",
  });
  const keys = readJwks(json);
  if (keys === undefined) throw new PeerFailure("peer-bad-answer", host, `${url} is not a JWK Set.`, { status: 200 });
  const now = system.now();
  // A JWK Set is a JSON object.
  return { keys, document: json as JsonObject, size, fetchedAt: now, expiresAt: now + lifetime(headers) };
}

function asFailure(host: string, error: unknown): PeerFailure {
  if (error instanceof PeerFailure) return error;
  return new PeerFailure("peer-error", host, `Something went wrong here while the keys of ${host} were fetched.`, {
    cause: error,
  });
}

function tooMany(host: string): PeerFailure {
  return new PeerFailure(
    "peer-unreachable",
    host,
    `The keys of ${host} are not fetched now: too many hosts are being asked.`,
  );
}
