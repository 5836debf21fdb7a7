import { directory } from "./directory.ts";
import type { Topology } from "./federation.ts";
import { mesh } from "./mesh.ts";
import { national } from "./national.ts";
import { scaleFree } from "./scale-free.ts";
import { star } from "./star.ts";

const table = { star, mesh, "scale-free": scaleFree, directory, national } satisfies Record<string, Topology>;

export type TopologyName = keyof typeof table;
/** Every topology, by the name that people call it by. */
export const TOPOLOGIES: Record<TopologyName, Topology> = table;
export const TOPOLOGY_NAMES = Object.keys(table) as TopologyName[];
