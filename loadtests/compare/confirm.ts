import type { Comparison } from "./verdict.ts";

/** So many runs, each with new processes, have to agree before a path is called slower. */
const RUNS = 3;

/**
 * Measures a path, and once more each time it looks slower: rounds of one run share their processes and their minutes, so all of them
 * can be wrong together in a way that no interval over these rounds shows.
 *
 * @returns the first comparison that is not slower, or the last of all
 */
export async function confirmed(measure: () => Promise<Comparison>): Promise<Comparison> {
  let comparison = await measure();
  for (let run = 1; run < RUNS && comparison.verdict === "slower"; run++) comparison = await measure();
  return comparison;
}
