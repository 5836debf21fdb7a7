import type { BatchObservableCallback } from "@opentelemetry/api";
import type { Backlog, Gauges, Telemetry } from "../ports/telemetry.ts";
import type { Tools } from "./api.ts";

/** How old a counted backlog may be, in milliseconds: several collectors ask the store once. */
const FRESH = 10_000;

/** What is there at the moment, read when metrics are collected and at no other time. */
export function observing({ meter, system, self }: Tools): Telemetry["observe"] {
  const backlog = meter.createObservableGauge("ocm.delivery.backlog", {
    description: "What waits in outboxes, or is parked there. At most 1000 records of each kind are looked at.",
    unit: "{entry}",
  });
  const peers = meter.createObservableGauge("ocm.peers", {
    description: "Peers that have answered since this process began, and peers that are unreachable.",
    unit: "{peer}",
  });
  // Several plugin instances of one process share the instruments.
  const whose = { "server.address": self["server.address"], "server.port": self["server.port"] };

  return (gauges) => {
    const counted = remembered(() => gauges.backlog());
    const callback: BatchObservableCallback = async (result) => {
      for (const [state, count] of Object.entries(gauges.peers())) {
        result.observe(peers, count, { "ocm.peer.state": state, ...whose });
      }
      for (const { type, state, count } of await counted()) {
        result.observe(backlog, count, { "ocm.delivery.type": type, "ocm.delivery.state": state, ...whose });
      }
    };
    meter.addBatchObservableCallback(callback, [backlog, peers]);
    return () => meter.removeBatchObservableCallback(callback, [backlog, peers]);
  };

  /** A store that does not answer leaves a gap, and no error: others tell that it does not. */
  function remembered(count: Gauges["backlog"]): () => Promise<Backlog[]> {
    let last: { at: number; found: Promise<Backlog[]> } | undefined;
    return () => {
      const now = system.now();
      if (last === undefined || now - last.at >= FRESH) last = { at: now, found: count().catch(() => []) };
      return last.found;
    };
  }
}
