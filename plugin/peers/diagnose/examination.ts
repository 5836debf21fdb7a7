import type { Signer } from "../../ports/crypto.ts";
import type { Logger } from "../../ports/log.ts";
import type { PeerClient } from "../../ports/peer-client.ts";
import type { System } from "../../ports/system.ts";
import type { TrustPolicy } from "../../ports/trust.ts";
import { createConnections, type PeerConnection } from "../connections.ts";
import { createDiscoveryCache, type Discovered, type DiscoveryCache } from "../discovery-cache.ts";
import { type BoundedHttp, createHttp } from "../http.ts";
import { createKeyCache, type KeyCache } from "../key-cache.ts";
import { createPost } from "../messages.ts";
import type { PeerSettings } from "../peer-settings.ts";
import { type Exchange, witness } from "./witness.ts";

/** What a diagnosis needs of this server. */
export interface DiagnoseDependencies {
  system: System;
  signer: Signer;
  trust: TrustPolicy;
  settings: PeerSettings;
  logger: Logger;
  /** URL of an HTTP proxy for everything that goes out. */
  outboundProxy?: string | undefined;
  /** What is remembered of the peer; asks nobody. */
  health: PeerClient["health"];
  self: {
    /** Canonical host[:port] of this server. */
    host: string;
    /** Absolute URL of its OCM API. */
    endPoint: string;
    /** `kid` of the key that signs now. */
    activeKid(): string;
  };
}

/**
 * One look at one peer. It goes through the same code as all messages do, but with caches of its own, so that nothing old is believed,
 * no breaker is in the way and nothing that is found out here is remembered.
 */
export interface Examination extends DiagnoseDependencies {
  /** Canonical host[:port] of the peer. */
  host: string;
  /** X-Request-Id of everything that is sent, for the peer's log. */
  requestId: string;
  connection: PeerConnection;
  exchanges: readonly Exchange[];
  http: BoundedHttp;
  discovery: DiscoveryCache;
  keys: KeyCache;
  post: PeerClient["post"];
  /** Found out on the way; a check that needs what is missing is skipped. */
  found: {
    admitted?: true;
    /** IP addresses, whether permitted or not. */
    addresses?: string[];
    /** A connection may be made, or the proxy is left to try. */
    permitted?: true;
    connected?: true;
    discovered?: Discovered;
    /** The peer has fetched our keys and verified a signature with them. */
    verifiedByPeer?: true;
  };
}

export function examine(dependencies: DiagnoseDependencies, host: string): Examination {
  const { settings, outboundProxy, self } = dependencies;
  const { system, exchanges } = witness(dependencies.system);
  const trust: TrustPolicy = {
    ...dependencies.trust,
    refuse: (name) => (name === self.host ? null : dependencies.trust.refuse(name)),
  };
  const http = createHttp(system);
  const connections = createConnections({ settings, ownHost: self.host, outboundProxy });
  const nobody = () => {};
  const discovery = createDiscoveryCache({
    system,
    http,
    connections,
    onFetched: nobody,
    hasSpokenOcm: async () => false,
    isWanted: () => true,
  });
  return {
    ...dependencies,
    system,
    trust,
    host,
    requestId: system.random("diagnosis", 15).toString("hex"),
    connection: connections(host),
    exchanges,
    http,
    discovery,
    keys: createKeyCache({ system, http, trust, connections, discovery, onFetched: nobody }),
    post: createPost({ http, signer: dependencies.signer, discovery, connections, report: nobody }),
    found: {},
  };
}
