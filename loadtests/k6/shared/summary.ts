import { profileOfRun, shortenOfRun } from "./options.ts";
import { type Given, summarised } from "./summarised.ts";

/** `handleSummary` of a script: the file that SUMMARY names, or standard output where it names none. */
export function summaryOf(script: string): (data: Given) => Record<string, string> {
  return (data) => {
    const { RUNNER: runner = "k6", TARGET: target = "unknown", SUMMARY: file = "stdout" } = __ENV;
    const run = { script, profile: profileOfRun(), shorten: shortenOfRun(), runner, target };
    return { [file]: `${JSON.stringify(summarised(run, data), null, 2)}\n` };
  };
}
