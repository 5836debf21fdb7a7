import {
  type FaultPlan,
  faultPlan,
  NETWORK_FAULT_NAMES,
  NETWORK_FAULTS,
  type NetworkFaultName,
} from "../faults/network.ts";
import { MINUTE, type PlannedEvent, SECOND } from "./plan.ts";
import { dice } from "./random.ts";
import { halves } from "./sides.ts";
import type { World } from "./world.ts";

const OWN = {
  crash: "one server in ten ends as in a power cut, twice, and is back after up to two minutes",
  partition: "for a fifth of the time nothing gets from one half of the servers to the other",
  "clock-skew": "clocks are up to 20 s wrong",
};

/** Every fault of a simulation with a line about it: those of the network between servers, and those of servers. */
export const SIMULATED_FAULTS: Record<SimulatedFaultName, string> = {
  ...(Object.fromEntries(NETWORK_FAULT_NAMES.map((name) => [name, NETWORK_FAULTS[name].line])) as Record<
    NetworkFaultName,
    string
  >),
  ...OWN,
};
export type SimulatedFaultName = NetworkFaultName | keyof typeof OWN;
export const SIMULATED_FAULT_NAMES = Object.keys(SIMULATED_FAULTS) as SimulatedFaultName[];

/** What a fault does in one simulation. */
export interface Trouble {
  /** To single requests; null: nothing. */
  requests: FaultPlan | null;
  events: PlannedEvent[];
  /** By server, the milliseconds that its clock is ahead. */
  clocksAhead: number[];
  /** Servers that die: these keep their databases on disk. */
  mortal: ReadonlySet<number>;
}

/** Part of the servers that dies, and how often each. */
const MORTAL = 0.1;
const DEATHS = 2;
/** Milliseconds that a dead server is away, at least and at most. */
const SHORTEST_DEATH = 2 * SECOND;
const LONGEST_DEATH = 2 * MINUTE;
const SKEW = 20 * SECOND;

/** @param span milliseconds from the begin to the last that is planned */
export function troubleOf(name: SimulatedFaultName | null, world: World, span: number, seed: string): Trouble {
  const none: Trouble = { requests: null, events: [], clocksAhead: [], mortal: new Set() };
  const chances = dice(seed, `fault ${name}`);
  const { sites } = world.federation;
  switch (name) {
    case null:
      return none;
    case "crash": {
      const order = sites.map((_, site) => ({ site, key: chances.next() })).sort((one, other) => one.key - other.key);
      const mortal = order.slice(0, Math.max(1, Math.round(sites.length * MORTAL))).map(({ site }) => site);
      const events = mortal.flatMap((site) =>
        Array.from({ length: DEATHS }, (_, nth): PlannedEvent => {
          const at = Math.round(span * (0.1 + 0.35 * (nth + chances.next())));
          const away = SHORTEST_DEATH + chances.below(LONGEST_DEATH - SHORTEST_DEATH);
          return { at, what: `${sites[site]?.host} dies`, kind: "crash", site, until: at + away };
        }),
      );
      return { ...none, events, mortal: new Set(mortal) };
    }
    case "partition": {
      const [at, until] = [Math.round(span * 0.3), Math.round(span * 0.5)];
      const events: PlannedEvent[] = [
        { at, what: "the network falls into two parts", kind: "divide", sides: halves(world.federation), until },
        { at: until, what: "the network is whole again", kind: "note" },
      ];
      return { ...none, events };
    }
    case "clock-skew":
      return { ...none, clocksAhead: sites.map(() => Math.round((chances.next() * 2 - 1) * SKEW)) };
    default:
      return { ...none, requests: faultPlan(name, seed) };
  }
}
