import type { NetworkWatch, Passing } from "./network.ts";
import type { Distribution, LinkFigures, MessageCount } from "./report.ts";
import { NOBODY } from "./witness.ts";

/** What went over the network, as it is counted. */
export interface Tally extends NetworkWatch {
  messages(): number;
  failed(): number;
  byKind(): MessageCount[];
  ofHost(host: string): HostTally;
  links(): Omit<LinkFigures, "shares">[];
}

interface HostTally {
  requestsIn: number;
  requestsOut: number;
  bytesIn: number;
  bytesOut: number;
  busiestSecond: number;
}

/** Counts requests between servers; those of a server to itself are none. */
export function createTally(): Tally {
  const kinds = new Map<string, MessageCount>();
  const hosts = new Map<string, HostTally & { second: number; inSecond: number }>();
  const links = new Map<string, { from: string; to: string; messages: number }>();
  let messages = 0;
  let failures = 0;

  function kindOf(kind: string): MessageCount {
    let found = kinds.get(kind);
    if (found === undefined) {
      found = { kind, messages: 0, bytes: 0, failed: 0 };
      kinds.set(kind, found);
    }
    return found;
  }

  function hostOf(host: string) {
    let found = hosts.get(host);
    if (found === undefined) {
      found = { requestsIn: 0, requestsOut: 0, bytesIn: 0, bytesOut: 0, busiestSecond: 0, second: -1, inSecond: 0 };
      hosts.set(host, found);
    }
    return found;
  }

  /** A server that looks at itself, and whoever tries what must not open, are no part of what goes on. */
  const isOwn = ({ from, to }: Passing): boolean => from === to || from === NOBODY;

  return {
    begun(passing) {
      if (isOwn(passing)) return;
      const { from, to, kind, at } = passing;
      messages += 1;
      kindOf(kind).messages += 1;
      hostOf(from).requestsOut += 1;
      const target = hostOf(to);
      target.requestsIn += 1;
      const second = Math.floor(at / 1000);
      if (second !== target.second) Object.assign(target, { second, inSecond: 0 });
      target.inSecond += 1;
      target.busiestSecond = Math.max(target.busiestSecond, target.inSecond);
      const key = `${from} ${to}`;
      const link = links.get(key);
      if (link === undefined) links.set(key, { from, to, messages: 1 });
      else link.messages += 1;
    },
    bytes(passing, count, isAnswer) {
      if (isOwn(passing)) return;
      kindOf(passing.kind).bytes += count;
      hostOf(isAnswer ? passing.to : passing.from).bytesOut += count;
      hostOf(isAnswer ? passing.from : passing.to).bytesIn += count;
    },
    answered: () => undefined,
    ended(passing, failed) {
      if (isOwn(passing) || !failed) return;
      failures += 1;
      kindOf(passing.kind).failed += 1;
    },
    messages: () => messages,
    failed: () => failures,
    byKind: () => [...kinds.values()].sort((one, other) => (one.kind < other.kind ? -1 : 1)),
    ofHost: hostOf,
    links: () => [...links.values()],
  };
}

/** Numbers over many observations. */
export function distribution(values: number[]): Distribution {
  const sorted = [...values].sort((one, other) => one - other);
  const count = sorted.length;
  if (count === 0) return { count, mean: null, p50: null, p90: null, p99: null, max: null };
  const at = (part: number): number => sorted[Math.min(count - 1, Math.ceil(part * count) - 1)] ?? 0;
  const mean = Math.round((sorted.reduce((sum, value) => sum + value, 0) / count) * 100) / 100;
  return { count, mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted[count - 1] ?? null };
}
