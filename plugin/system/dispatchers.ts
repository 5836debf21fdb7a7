import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { ConnectPolicy } from "../ports/system.ts";
import { guardedConnector, type Lookup, trust } from "./connector.ts";

const MAX_POLICIES = 256;
const DEFAULT_CONNECTIONS = 64;

/** One pool of connections per policy object. */
export interface Dispatchers {
  of(policy: ConnectPolicy): Dispatcher;
  close(): Promise<void>;
}

/** Pools are made on first use; beyond a bound, the one that was not used for longest is let go when its exchanges are done. */
export function createDispatchers(lookup: Lookup): Dispatchers {
  const pools = new Map<ConnectPolicy, Dispatcher>();
  return {
    of(policy) {
      const dispatcher = pools.get(policy) ?? createDispatcher(policy, lookup);
      pools.delete(policy);
      pools.set(policy, dispatcher);
      if (pools.size > MAX_POLICIES) {
        for (const [oldest, pool] of pools) {
          pools.delete(oldest);
          void pool.close();
          break;
        }
      }
      return dispatcher;
    },
    async close() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}

function createDispatcher(policy: ConnectPolicy, lookup: Lookup): Dispatcher {
  const connections = policy.connections ?? DEFAULT_CONNECTIONS;
  if (policy.proxy === undefined) return new Agent({ connections, connect: guardedConnector(policy, lookup) });
  return new ProxyAgent({
    uri: policy.proxy,
    connections,
    allowH2: false,
    connectTimeout: policy.timeout,
    requestTls: { timeout: policy.timeout, ...trust(policy) },
    // The proxy's answer to CONNECT is part of making the connection.
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: policy.timeout }),
  });
}
