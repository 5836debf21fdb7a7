import { links, numbered, type Site, type Topology } from "./federation.ts";

/** Servers of one nation, about: its node and the campuses. */
const PER_NATION = 10;
const NODE_WEIGHT = 3;

/** Each nation has a node with many people; its campuses share with it and with each other, and the nodes of all nations with each other. */
export const national: Topology = {
  line: "national nodes that all share with each other, and campuses that share within their nation",
  build(servers) {
    const count = Math.max(1, Math.round(servers / PER_NATION));
    const nations = Array.from({ length: count }, (_, nation) => numbered("nation", nation, count));
    const knows = nations.map((nation) => `*.${nation}.example`);
    const { join, neighbours } = links(servers);
    const campuses = Math.ceil(servers / count) - 1;
    const sites = Array.from({ length: servers }, (_, index): Site => {
      const group = nations[index % count] ?? "";
      const isNode = index < count;
      const name = `${isNode ? "node" : numbered("campus", Math.floor(index / count) - 1, campuses)}.${group}`;
      const role = isNode ? "node" : "campus";
      return { name, host: `${name}.example`, role, group, weight: isNode ? NODE_WEIGHT : 1, knows };
    });
    for (let one = 0; one < servers; one += 1) {
      for (let other = one + count; other < servers; other += count) join(one, other);
    }
    for (let one = 0; one < count; one += 1) {
      for (let other = one + 1; other < count; other += 1) join(one, other);
    }
    return { sites, neighbours, introduction: "list" };
  },
};
