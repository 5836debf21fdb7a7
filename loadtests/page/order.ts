import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { BenchReport } from "./read-report.ts";

const run = promisify(execFile);

/** When a commit was made, in seconds of the epoch; null where the repository does not know it. */
export type CommitTime = (commit: string) => Promise<number | null>;

/** Asks git about the repository of this checkout. */
export const timeByGit: CommitTime = async (commit) => {
  // What a file says goes into a command line: only what can be nothing but a commit.
  if (!/^[0-9a-f]{7,64}$/.test(commit)) return null;
  try {
    const { stdout } = await run("git", ["show", "-s", "--format=%ct", commit, "--"], { cwd: import.meta.dirname });
    const time = Number(stdout.trim());
    return Number.isInteger(time) && stdout.trim() !== "" ? time : null;
  } catch {
    return null;
  }
};

/**
 * By the time of their commits, the oldest first, where all of them are known; else as they were given. Of one commit, the run on changed
 * files is the later one, and else the order stays.
 */
export async function inOrder(reports: readonly BenchReport[], timeOf: CommitTime): Promise<BenchReport[]> {
  const timed = await Promise.all(
    reports.map(async (report) => ({ report, time: await timeOf(report.commit?.replace(/\+$/, "") ?? "") })),
  );
  if (timed.some(({ time }) => time === null)) return [...reports];
  const changed = ({ commit }: BenchReport) => (commit?.endsWith("+") === true ? 1 : 0);
  return timed
    .sort((one, other) => (one.time ?? 0) - (other.time ?? 0) || changed(one.report) - changed(other.report))
    .map(({ report }) => report);
}
