import type { RequestFigures, Summary } from "../k6/shared/summarised.ts";
import type { ScriptResult } from "./run-script.ts";

const HEADS = ["endpoint", "requests", "/s", "failed", "med ms", "p95 ms", "p99 ms", "max ms"];

/** The results of one script: a line for each endpoint, and what did not hold. */
export function table({ summary, cpuSeconds, problem }: ScriptResult): string {
  if (summary === undefined) return `${problem ?? "There is no summary."}\n`;
  const rows = Object.entries(summary.endpoints).map(([name, figures]) => row(name, figures));
  if (rows.length > 1) rows.push(row("all", summary.requests));
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ")}\n`;
  return [line(HEADS), ...rows.map(line), ...failures(summary, problem), cpu(summary, cpuSeconds)].join("");
}

function row(name: string, { count, perSecond, failed, med, p95, p99, max }: RequestFigures): string[] {
  const ms = [med, p95, p99, max].map((value) => (value < 10 ? value.toFixed(1) : value.toFixed(0)));
  return [name, String(count), perSecond.toFixed(1), `${(failed * 100).toFixed(failed === 0 ? 0 : 2)} %`, ...ms];
}

function failures({ thresholds, checks }: Summary, problem: string | undefined): string[] {
  return [
    ...thresholds.flatMap(({ metric, condition, ok }) =>
      ok ? [] : [`  FAIL ${metric}: ${condition} does not hold\n`],
    ),
    ...checks.failed.map(({ name, passes, fails }) => `  ${fails} of ${passes + fails} times not so: ${name}\n`),
    ...(problem === undefined ? [] : [`  ${problem}\n`]),
  ];
}

/** Who was busy: what is near a whole core has measured itself. */
function cpu({ seconds, droppedIterations }: Summary, { generator, servers }: ScriptResult["cpuSeconds"]): string {
  const cores = (used: number | undefined) =>
    used === undefined ? "unknown" : (used / Math.max(seconds, 0.001)).toFixed(2);
  const dropped = droppedIterations === 0 ? "" : `; ${droppedIterations} iterations dropped`;
  return `  ${seconds.toFixed(1)} s; cores in use: generator ${cores(generator)}, servers ${cores(servers)}${dropped}\n`;
}
