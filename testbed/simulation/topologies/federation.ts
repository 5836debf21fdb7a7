import type { Dice } from "../random.ts";

/** One server of a federation, before it is there. */
export interface Site {
  name: string;
  /** Canonical host. */
  host: string;
  /** What it is in the topology. */
  role: string;
  /** The federation or nation that it belongs to. */
  group: string | null;
  /** How many people it has in proportion to the others. */
  weight: number;
  /** Patterns of hosts that its operator has named as known. */
  knows: string[];
}

/** Servers, and which of them have something to do with each other. */
export interface Federation {
  sites: Site[];
  /** By index, the indices of those that its people share with; in both directions. */
  neighbours: number[][];
  /**
   * How people come to share: they invite each other first, their operators keep a common list, or nobody introduces anybody, and shares
   * carry a warning.
   */
  introduction: "invite" | "list" | "none";
}

export interface Topology {
  /** One line for the help. */
  line: string;
  /** Every server is reached from every other one over neighbours. @param servers at least 2 */
  build(servers: number, dice: Dice): Federation;
}

/** Links between indices, each once. */
export function links(count: number): { join(one: number, other: number): boolean; neighbours: number[][] } {
  const sets = Array.from({ length: count }, () => new Set<number>());
  const neighbours = sets.map(() => [] as number[]);
  return {
    neighbours,
    join(one, other) {
      if (one === other || sets[one]?.has(other) !== false) return false;
      sets[one]?.add(other);
      sets[other]?.add(one);
      neighbours[one]?.push(other);
      neighbours[other]?.push(one);
      return true;
    },
  };
}

/** Names such as `leaf-07`, with as many digits as the last one needs. */
export function numbered(word: string, index: number, count: number): string {
  return `${word}-${String(index + 1).padStart(String(count).length, "0")}`;
}
