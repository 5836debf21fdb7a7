import type { Bench } from "./bench.ts";
import type { RequirementId } from "./requirements.ts";
import type { Tally } from "./tally.ts";

/** One named thing that is looked at. */
export interface Check {
  name: string;
  /** What is looked at, in one sentence. */
  line: string;
  /** The requirements that it may find broken. */
  ids: readonly RequirementId[];
  /** Checks that have to run before it. */
  needs?: readonly string[];
  /** @throws Skipped, NoAnswer */
  run(bench: Bench, tally: Tally): Promise<void>;
}
