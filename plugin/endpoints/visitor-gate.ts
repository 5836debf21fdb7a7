import ipaddr from "ipaddr.js";
import type { System } from "../ports/system.ts";

/** How many questions of anonymous visitors are let in. */
export interface VisitorLimits {
  /** Milliseconds in which they are counted. */
  window: number;
  /** From one address within the window: an IPv4 address, or an IPv6 network of 64 bits. */
  perAddress: number;
  /** From all addresses within the window. */
  total: number;
  /** Under way at the same time from one address, and from all. */
  underWayPerAddress: number;
  underWay: number;
}

export type Admission = { admitted: true; leave(): void } | { admitted: false /** Seconds. */; retryAfter: number };

/** Keeps visitors without an account from having this server ask others too often. Per process, in bounded memory. */
export interface VisitorGate {
  /** `leave` has to be called when what was let in has ended. */
  enter(address: string): Admission;
}

interface Visitor {
  count: number;
  underWay: number;
}

/** Seconds after which somebody may try again when too many are served at once. */
const SOON = 5;

export function visitorGate(system: Pick<System, "now">, limits: VisitorLimits): VisitorGate {
  let since = system.now();
  let total = 0;
  let underWay = 0;
  let visitors = new Map<string, Visitor>();

  /** Counts begin anew; who is still being served stays known. */
  const nextWindow = (now: number): void => {
    since = now;
    total = 0;
    const served = [...visitors].filter(([, visitor]) => visitor.underWay > 0);
    visitors = new Map(served);
    for (const [, visitor] of served) visitor.count = 0;
  };
  return {
    enter(address) {
      const now = system.now();
      if (now - since >= limits.window || now < since) nextWindow(now);
      const key = networkOf(address);
      const visitor = visitors.get(key) ?? { count: 0, underWay: 0 };
      if (total >= limits.total || visitor.count >= limits.perAddress) {
        return { admitted: false, retryAfter: Math.ceil((since + limits.window - now) / 1000) };
      }
      if (underWay >= limits.underWay || visitor.underWay >= limits.underWayPerAddress) {
        return { admitted: false, retryAfter: SOON };
      }
      // Nobody is remembered who was not let in, so there are at most `total` visitors and those that are served.
      visitors.set(key, visitor);
      visitor.count += 1;
      visitor.underWay += 1;
      total += 1;
      underWay += 1;
      let left = false;
      return {
        admitted: true,
        leave() {
          if (left) return;
          left = true;
          visitor.underWay -= 1;
          underWay -= 1;
        },
      };
    },
  };
}

/** Whoever has an IPv6 address has a whole network of them. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return "";
  const parsed = ipaddr.process(address);
  return parsed.kind() === "ipv4" ? parsed.toString() : (parsed as ipaddr.IPv6).parts.slice(0, 4).join(":");
}
