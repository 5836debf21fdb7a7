import type { VirtualClock } from "./clock.ts";
import type { Network } from "./network.ts";
import { type SeededBytes, seededBytes } from "./random.ts";
import { openVirtualServer, type VirtualServer } from "./virtual-server.ts";

/**
 * A server that nobody reaches, and that signs with the keys of another one: what somebody can do who has copied them. Its people are
 * called as those of the other one.
 */
export function openThief(host: string, seed: string, clock: VirtualClock, network: Network): Promise<VirtualServer> {
  const stolen = seededBytes(seed, host);
  const own = seededBytes(seed, `thief of ${host}`);
  const random: SeededBytes = (name, bytes) => (name === "key-sign" ? stolen(name, bytes) : own(name, bytes));
  const hasPerson = (): boolean => true;
  return openVirtualServer({
    host,
    seed,
    clock,
    network,
    random,
    hasPerson,
    folder: null,
    ahead: 0,
    hidden: true,
    opened() {},
  });
}
