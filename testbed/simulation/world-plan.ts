import type { Plan } from "./plan.ts";
import { dice } from "./random.ts";
import type { SimulationSettings } from "./settings.ts";
import { TOPOLOGIES } from "./topologies/table.ts";
import { WORKLOADS } from "./workloads/table.ts";
import { populate, type World } from "./world.ts";

/** The federation, its people and what they are going to do: all of it follows from the settings. */
export function planOf({ servers, users, shares, topology, workload, seed }: SimulationSettings): {
  world: World;
  plan: Plan;
} {
  const federation = TOPOLOGIES[topology].build(servers, dice(seed, `topology ${topology}`));
  const { stranger } = WORKLOADS[workload];
  if (stranger) {
    const host = "stranger.example";
    federation.sites.push({ name: "stranger", host, role: "stranger", group: null, weight: 0, knows: [] });
    federation.neighbours.push([]);
  }
  const world = populate(federation, users + (stranger ? 1 : 0), seed);
  return { world, plan: WORKLOADS[workload].plan(world, shares, dice(seed, `workload ${workload}`)) };
}
