import type { Workload } from "../plan.ts";
import { keyCompromise } from "./key-compromise.ts";
import { massRevocation } from "./mass-revocation.ts";
import { partition } from "./partition.ts";
import { semesterStart } from "./semester-start.ts";
import { spammer } from "./spammer.ts";
import { steady } from "./steady.ts";
import { viralShare } from "./viral-share.ts";

const table = {
  steady,
  "semester-start": semesterStart,
  "viral-share": viralShare,
  "mass-revocation": massRevocation,
  "key-compromise": keyCompromise,
  partition,
  spammer,
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof table;
/** Every workload, by the name that people call it by. */
export const WORKLOADS: Record<WorkloadName, Workload> = table;
export const WORKLOAD_NAMES = Object.keys(table) as WorkloadName[];
