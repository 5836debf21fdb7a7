import { chance } from "./chance.ts";
import type { DeathPoint, Orders, TroubleKind } from "./hooks/orders.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How often one server is killed in a run. */
const MOST_DEATHS = 2;
/** How often one process is in trouble. Deliveries that fail each time are repeated after 2, 4 and 8 seconds. */
const EPISODES = 2;
/** How far a clock is wrong all the time: two of them are less than a minute apart, which signatures bear. */
const LITTLE_WRONG = 20 * SECOND;

/** A number from 0 up to 1 for what is named, which follows from the seed. */
type Chance = (what: string) => number;

/** A fault of one process, or of the machine below it. Hooks in the process do it (hooks/preload.ts). */
export interface ProcessFault {
  kind: "process";
  line: string;
  /** What a process is told. `life`: how often its server was started before in this run because of the fault. */
  orders(chance: Chance, life: number): Orders;
}

/** Every fault of a server process, by name. */
export const PROCESS_FAULTS = {
  "clock-skew": {
    kind: "process",
    line: "clocks are up to 20 s wrong, and for seconds up to 15 minutes behind",
    orders: (chance) => ({
      aheadMs: Math.round((chance("ahead") * 2 - 1) * LITTLE_WRONG),
      // Never ahead: what a server planned by a clock that was ahead, it does only when the right one gets there.
      troubles: [
        {
          kind: "wrong-clock",
          episodes: episodes(chance),
          aheadMs: -Math.round(2 * MINUTE + chance("far") * 13 * MINUTE),
        },
      ],
    }),
  },
  "kill-before-message": kill("before-message", "a server is killed just before it sends something"),
  "kill-after-message": kill("after-message", "a server is killed when it has sent something and has no answer"),
  "kill-after-answer": kill("after-answer", "a server is killed when the answer comes to what it sent"),
  "kill-after-response": kill("after-response", "a server is killed when it has just answered somebody"),
  "kill-before-commit": kill("before-commit", "a server is killed just before a decision is written"),
  "kill-after-commit": kill("after-commit", "a server is killed when a decision is written and nobody knows it yet"),
  "disk-full": trouble("disk-full", "now and then a server's disk has no room, for its database and for files"),
  "database-down": trouble("database-down", "now and then a server's database fails, for reading and for writing"),
  "dns-failure": trouble("dns-failure", "now and then a server can resolve no name"),
} as const satisfies Record<string, ProcessFault>;

export type ProcessFaultName = keyof typeof PROCESS_FAULTS;

/** What the process of this server is told; the same seed gives the same. */
export function processOrders(name: ProcessFaultName, seed: string, server: string, life: number): Orders {
  const fault: ProcessFault = PROCESS_FAULTS[name];
  return fault.orders((what) => chance(`${seed} ${name} ${server} ${life} ${what}`), life);
}

/** All that both of them tell. */
export function bothOrders(one: Orders, other: Orders): Orders {
  return {
    deaths: [...(one.deaths ?? []), ...(other.deaths ?? [])],
    troubles: [...(one.troubles ?? []), ...(other.troubles ?? [])],
    aheadMs: (one.aheadMs ?? 0) + (other.aheadMs ?? 0),
  };
}

function kill(at: DeathPoint, line: string): ProcessFault {
  return {
    kind: "process",
    line,
    orders: (chance, life) => (life < MOST_DEATHS ? { deaths: [{ at, nth: 1 + Math.floor(chance("nth") * 4) }] } : {}),
  };
}

function trouble(kind: TroubleKind, line: string): ProcessFault {
  return { kind: "process", line, orders: (chance) => ({ troubles: [{ kind, episodes: episodes(chance) }] }) };
}

function episodes(chance: Chance): { nth: number; forMs: number }[] {
  return Array.from({ length: EPISODES }, (_, at) => ({
    // What is tried again meets the next trouble only after something else.
    nth: 1 + 2 * at + Math.floor(chance(`nth ${at}`) * 3),
    forMs: Math.round(700 + chance(`for ${at}`) * 1800),
  }));
}
