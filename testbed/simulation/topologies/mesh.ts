import { numbered, type Site, type Topology } from "./federation.ts";

/** Everybody shares with everybody, and nobody is introduced. */
export const mesh: Topology = {
  line: "every server shares with every other one, as strangers",
  build(servers) {
    const sites = Array.from({ length: servers }, (_, index): Site => {
      const name = numbered("node", index, servers);
      return { name, host: `${name}.example`, role: "node", group: null, weight: 1, knows: [] };
    });
    const all = sites.map((_, index) => index);
    return { sites, neighbours: all.map((one) => all.filter((other) => other !== one)), introduction: "none" };
  },
};
