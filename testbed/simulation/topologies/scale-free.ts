import { links, numbered, type Site, type Topology } from "./federation.ts";

/** Servers to which each new one turns. */
const LINKS = 2;

/** Growth with preferential attachment (Barabási and Albert 1999): whoever has many neighbours gets more. */
export const scaleFree: Topology = {
  line: "a few servers have many neighbours and most have few, as networks that have grown",
  build(servers, dice) {
    const { join, neighbours } = links(servers);
    // Each end of each link: a server is in here as often as it has neighbours.
    const ends: number[] = [];
    const add = (one: number, other: number): void => {
      if (join(one, other)) ends.push(one, other);
    };
    add(0, 1);
    for (let index = 2; index < servers; index += 1) {
      const wanted = Math.min(LINKS, index);
      while ((neighbours[index]?.length ?? 0) < wanted) add(index, dice.pick(ends.filter((end) => end !== index)));
    }
    const degree = (index: number): number => neighbours[index]?.length ?? 0;
    const largest = Math.max(...neighbours.map(({ length }) => length));
    const sites = neighbours.map((_, index): Site => {
      const name = numbered("node", index, servers);
      const role = degree(index) * 2 > largest ? "hub" : "leaf";
      return { name, host: `${name}.example`, role, group: null, weight: degree(index), knows: [] };
    });
    return { sites, neighbours, introduction: "invite" };
  },
};
