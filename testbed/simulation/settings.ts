import type { TopologyName } from "./topologies/table.ts";
import type { SimulatedFaultName } from "./troubles.ts";
import type { WorkloadName } from "./workloads/table.ts";

/** What is simulated. */
export interface SimulationSettings {
  servers: number;
  users: number;
  shares: number;
  topology: TopologyName;
  workload: WorkloadName;
  fault: SimulatedFaultName | null;
  seed: string;
}
