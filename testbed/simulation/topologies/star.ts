import { numbered, type Site, type Topology } from "./federation.ts";

/** A large server in the middle, with which all others share. */
export const star: Topology = {
  line: "one large server, and all others share with it alone",
  build(servers) {
    const leaves = servers - 1;
    const sites = Array.from({ length: servers }, (_, index): Site => {
      const name = index === 0 ? "hub" : numbered("leaf", index - 1, leaves);
      const role = index === 0 ? "hub" : "leaf";
      return {
        name,
        host: `${name}.example`,
        role,
        group: null,
        weight: index === 0 ? Math.max(2, leaves / 4) : 1,
        knows: [],
      };
    });
    const neighbours = sites.map((_, index) => (index === 0 ? sites.slice(1).map((_, leaf) => leaf + 1) : [0]));
    return { sites, neighbours, introduction: "invite" };
  },
};
