import type { Interval } from "./bootstrap.ts";
import type { CompareReport } from "./run.ts";
import { RATE_BAND } from "./verdict.ts";

/** Both tables as Markdown, which people can read as it is. */
export function table({ base, ours, paths, gates, band, rounds, seconds, machine, ok }: CompareReport): string {
  const measured = Object.entries(paths).map(([name, { rate, cpu, rateRatio, cpuRatio, verdict }]) => [
    name,
    rate.base.toFixed(0),
    rate.ours.toFixed(0),
    interval(rateRatio),
    cpu.base.toFixed(3),
    cpu.ours.toFixed(3),
    interval(cpuRatio),
    verdict === "slower" ? "**slower**" : verdict,
  ]);
  const counted = gates.map(({ name, base: before, ours: now, most, ok: isOk }) => [
    name,
    before === null ? "-" : String(before),
    String(now),
    String(most),
    isOk ? "ok" : "**more**",
  ]);
  return [
    ok ? "Nothing got slower, and no count rose." : "**Something got slower, or a count rose.**",
    "",
    ...lines(
      ["path", "base /s", "this /s", "ratio (99 %)", "base CPU ms", "this CPU ms", "by CPU (99 %)", "verdict"],
      measured,
    ),
    "",
    ...lines(["count", "base", "this", "at most", ""], counted),
    "",
    `Base ${base.slice(0, 12)}, this checkout ${ours?.slice(0, 12) ?? "without a commit"}${ours?.endsWith("+") ? " with changes" : ""}. ` +
      `${rounds} rounds of ${seconds} s each, in turns; ${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)} at the start.`,
    "Above 1 this checkout is better. A path is slower where the whole bootstrap interval of its median lies below " +
      `${(1 - band).toFixed(2)} by CPU, or below ${(1 / (1 + band * RATE_BAND)).toFixed(2)} by rate, which feels what else the machine does, in three runs with new processes.`,
  ].join("\n");
}

function interval({ median, low, high }: Interval): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function lines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
