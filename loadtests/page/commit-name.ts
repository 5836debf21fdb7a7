import { shortened } from "../../testbed/plots/text.ts";

const LENGTH = 7;

/** The first signs of a commit; `+` says that files differed from it. */
export function commitName(commit: string | null): string {
  if (commit === null || commit === "") return "unknown";
  return shortened(commit.slice(0, LENGTH), LENGTH) + (commit.endsWith("+") ? "+" : "");
}
