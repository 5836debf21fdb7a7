import { chance } from "./chance.ts";

/** What is done to one request on its way. */
export interface Harm {
  /** In a few words, for the trace. */
  name: string;
  /** Milliseconds before it is passed on. */
  delayMs?: number;
  /** It never arrives: its connection is cut, or it is answered with this status by somebody on the way. */
  lost?: "cut" | number;
  /** It arrives, and this becomes of the answer: cut within its body, replaced, slow, or (not that to a GET) without an end. */
  answer?: "cut" | "slow" | "endless" | number;
  /** It arrives twice; the sender gets the first answer. */
  twice?: "at-once" | "later";
  /** It waits until another request has gone by, for so many milliseconds at most. */
  letPassMs?: number;
}

/** A fault of the network: the proxies in front of the servers do it to single requests. */
export interface NetworkFault {
  kind: "network";
  line: string;
  /** True: a request that is harmed fails. Then the next one to that server goes through, so that trying again helps. */
  fails: boolean;
  /** `chance` is from 0 to 1. Undefined: this request goes through. */
  harm(chance: number): Harm | undefined;
}

/** Every fault between two servers, by name. */
export const NETWORK_FAULTS = {
  latency: {
    kind: "network",
    line: "each message takes up to 400 ms longer",
    fails: false,
    harm: (chance) => ({ name: "delayed", delayMs: Math.round(20 + chance * 380) }),
  },
  loss: {
    kind: "network",
    line: "messages get lost: their connection is cut before they arrive",
    fails: true,
    harm: (chance) => (chance < 0.4 ? { name: "lost", lost: "cut" } : undefined),
  },
  cut: {
    kind: "network",
    line: "messages arrive, and their answers are cut off",
    fails: true,
    harm: (chance) => (chance < 0.4 ? { name: "answer cut off", answer: "cut" } : undefined),
  },
  "slow-body": {
    kind: "network",
    line: "answers come in small pieces",
    fails: false,
    harm: () => ({ name: "slow answer", answer: "slow" }),
  },
  "endless-body": {
    kind: "network",
    line: "answers to messages do not end",
    fails: true,
    harm: (chance) => (chance < 0.4 ? { name: "endless answer", answer: "endless" } : undefined),
  },
  "server-errors": {
    kind: "network",
    line: "a gateway answers with 502 or 503, before or after the server has the message",
    fails: true,
    harm: (chance) => {
      if (chance < 0.2) return { name: "503 instead of passing it on", lost: 503 };
      return chance < 0.4 ? { name: "502 in place of the answer", answer: 502 } : undefined;
    },
  },
  duplicate: {
    kind: "network",
    line: "each message arrives twice, at once or one after the other",
    fails: false,
    harm: (chance) => ({ name: "sent twice", twice: chance < 0.5 ? "at-once" : "later" }),
  },
  reorder: {
    kind: "network",
    line: "messages overtake each other",
    fails: false,
    harm: (chance) => (chance < 0.5 ? { name: "held back", letPassMs: 300 } : undefined),
  },
} as const satisfies Record<string, NetworkFault>;

export type NetworkFaultName = keyof typeof NETWORK_FAULTS;
export const NETWORK_FAULT_NAMES = Object.keys(NETWORK_FAULTS) as NetworkFaultName[];

/** Says of each request what is done to it. */
export type FaultPlan = (server: string, kind: string) => Harm | undefined;

/** The same seed does the same to the nth request of each kind to each server. */
export function faultPlan(name: NetworkFaultName, seed: string): FaultPlan {
  const fault: NetworkFault = NETWORK_FAULTS[name];
  const counts = new Map<string, number>();
  const spared = new Set<string>();
  return (server, kind) => {
    const key = `${server} ${kind}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const harm = fault.harm(chance(`${seed} ${name} ${key} ${count}`));
    if (!fault.fails) return harm;
    const isSpared = spared.delete(server);
    if (harm === undefined || isSpared) return undefined;
    spared.add(server);
    return harm;
  };
}

/** Does to each request what both of them do. */
export function bothPlans(one: FaultPlan | null, other: FaultPlan | null): FaultPlan | null {
  if (one === null || other === null) return one ?? other;
  return (...request) => {
    const [first, second] = [one(...request), other(...request)];
    if (first === undefined || second === undefined) return first ?? second;
    return { ...second, ...first, name: `${first.name}, ${second.name}` };
  };
}
