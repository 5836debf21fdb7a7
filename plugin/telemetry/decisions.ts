import type { Attributes } from "@opentelemetry/api";
import type { DecisionName } from "../events.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Tools } from "./api.ts";

type Counted = ["shares", "outgoing" | "incoming"] | ["invites"] | ["tokens"];

/** Which counter a decision belongs to, and of a share which way it goes. Null: housekeeping. */
const COUNTED: Record<DecisionName, Counted | null> = {
  "invite-created": ["invites"],
  "invite-revoked": ["invites"],
  "invite-redeemed": ["invites"],
  "invite-expired": ["invites"],
  "invite-accepting": ["invites"],
  "invite-failed": ["invites"],
  "contact-added": ["invites"],
  "contact-removed": ["invites"],
  "share-created": ["shares", "outgoing"],
  "share-announced": ["shares", "outgoing"],
  "share-rejected": ["shares", "outgoing"],
  "share-accepted-by-recipient": ["shares", "outgoing"],
  "share-declined-by-recipient": ["shares", "outgoing"],
  "share-revoked": ["shares", "outgoing"],
  "share-expired": ["shares", "outgoing"],
  "share-moved": ["shares", "outgoing"],
  "share-received": ["shares", "incoming"],
  "share-accepted": ["shares", "incoming"],
  "share-declined": ["shares", "incoming"],
  "share-left": ["shares", "incoming"],
  "share-ended-by-owner": ["shares", "incoming"],
  "received-share-expired": ["shares", "incoming"],
  "token-issued": ["tokens"],
  "token-refused": ["tokens"],
  "record-purged": null,
};

/** Counts decisions, and names them on the span under way. */
export function deciding({ api, meter, contexts }: Tools): (name: string) => void {
  const counters = {
    shares: meter.createCounter("ocm.shares", { description: "Decisions about shares.", unit: "{decision}" }),
    invites: meter.createCounter("ocm.invites", {
      description: "Decisions about invites and contacts.",
      unit: "{decision}",
    }),
    tokens: meter.createCounter("ocm.tokens", { description: "Access tokens asked for.", unit: "{decision}" }),
  };
  return (name) => {
    api.trace.getSpan(contexts.active())?.setAttribute("ocm.decision", name);
    const counted = isDecision(name) ? COUNTED[name] : null;
    if (counted === null) return;
    const [counter, direction] = counted;
    const attributes: Attributes = { "ocm.decision": name };
    if (direction !== undefined) attributes["ocm.direction"] = direction;
    counters[counter].add(1, attributes);
  };
}

function isDecision(name: string): name is DecisionName {
  return Object.hasOwn(COUNTED, name);
}

/** Lookups in caches, and content that flows. */
export function counting({ meter }: Tools): Pick<Telemetry, "looked" | "transfer"> {
  const lookups = meter.createCounter("ocm.cache", {
    description: "Lookups in the caches of what peers say of themselves.",
    unit: "{lookup}",
  });
  const transfers = meter.createUpDownCounter("ocm.transfers", {
    description: "Content of shares that flows at the moment.",
    unit: "{transfer}",
  });
  return {
    looked: (cache, found) => lookups.add(1, { "ocm.cache.name": cache, "ocm.cache.result": found ? "hit" : "miss" }),
    transfer(of) {
      const about = { "ocm.transfer.of": of };
      transfers.add(1, about);
      return () => transfers.add(-1, about);
    },
  };
}
