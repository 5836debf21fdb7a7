import { links, numbered, type Site, type Topology } from "./federation.ts";

/** Servers of one federation, about. */
const MEMBERS = 12;
/** Members of other federations with which a member has something to do. */
const ABROAD = 2;

/** Federations whose members know each other by a common list; a directory joins the lists. */
export const directory: Topology = {
  line: "federations whose members are on a common list, joined by a directory of the lists",
  build(servers, dice) {
    const count = Math.max(1, Math.round(servers / MEMBERS));
    const groupOf = (index: number): number => index % count;
    const groups = Array.from({ length: count }, (_, group) => numbered("federation", group, count));
    const knows = groups.map((group) => `*.${group}.example`);
    const { join, neighbours } = links(servers);
    const sites = Array.from({ length: servers }, (_, index): Site => {
      const group = groups[groupOf(index)] ?? "";
      const name = numbered("member", Math.floor(index / count), Math.ceil(servers / count));
      const full = `${name}.${group}`;
      return { name: full, host: `${full}.example`, role: "member", group, weight: 1, knows };
    });
    for (let one = 0; one < servers; one += 1) {
      for (let other = one + count; other < servers; other += count) join(one, other);
    }
    if (count > 1) {
      // The first members of the federations in a ring, so that all are joined; the others as it comes.
      for (let group = 0; group < count; group += 1) join(group, (group + 1) % count);
      for (let index = 0; index < servers; index += 1) {
        for (let link = 0; link < ABROAD; link += 1) {
          const other = dice.below(servers);
          if (groupOf(other) !== groupOf(index)) join(index, other);
        }
      }
    }
    return { sites, neighbours, introduction: "list" };
  },
};
