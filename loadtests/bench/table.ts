import { bigTable } from "./big/report.ts";
import type { PathReport, Report } from "./report.ts";

const COLUMNS: readonly [title: string, value: (path: PathReport) => string][] = [
  ["requests/s", ({ ours }) => ours.toFixed(0)],
  ["yardstick", ({ yardstick }) => yardstick.toFixed(0)],
  ["ratio", ({ ratio }) => ratio.toFixed(2)],
  ["spread", ({ spread: { ratio } }) => ratio.map((each) => each.toFixed(2)).join("-")],
  ["by CPU", ({ cpuRatio }) => cpuRatio.toFixed(2)],
  ["CPU ms", ({ cpuMsPerRequest }) => cpuMsPerRequest.toFixed(3)],
  ["p50 ms", ({ p50 }) => p50.toFixed(2)],
  ["p99 ms", ({ p99 }) => p99.toFixed(2)],
  ["RSS MiB", ({ rssMiB }) => rssMiB.toFixed(0)],
  ["loop p99 ms", ({ eventLoopP99Ms }) => eventLoopP99Ms.toFixed(1)],
  ["generator busy", ({ generator }) => [percent(generator.ours.busy), percent(generator.yardstick.busy)].join(" / ")],
  [
    "its CPU share",
    ({ generator }) => [percent(generator.ours.cpuShare), percent(generator.yardstick.cpuShare)].join(" / "),
  ],
];

/** The report for people. */
export function table(report: Report): string {
  const { paths, big, machine, versions, connections, seconds, rounds, commit, database, processes } = report;
  const rows = Object.entries(paths).map(([name, path]) => [name, ...COLUMNS.map(([, value]) => value(path))]);
  const lines = [["path", ...COLUMNS.map(([title]) => title)], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const text = lines.map((line) => line.map((cell, column) => padded(cell, column, widths)).join("  "));
  const rivals = Object.entries(paths).flatMap(([name, { rival }]) =>
    rival === undefined
      ? []
      : [
          `${name}, rival: ${rival.name} ${rival.requestsPerSecond.toFixed(1)}/s on one connection, ` +
            `${rival.cpuMsPerRequest.toFixed(0)} CPU ms; the server under test is ${rival.ratio.toFixed(0)} times as fast.`,
        ],
  );
  return [
    ...(rows.length === 0 ? [] : text),
    ...rivals,
    ...(big === undefined ? [] : [bigTable(big)]),
    "",
    `${connections} connections, ${rounds} rounds of ${seconds} s each in turn. The generator is a process of its own; its figures are`,
    `against the server under test / the yardstick${report.yardstick === "koa" ? ", which stands on a bare Koa" : ""}.`,
    ...(database === "sqlite"
      ? []
      : [`The server under test: ${processes} processes with MongoDB. The yardstick: one process with SQLite.`]),
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)} at the start; Node ${versions.node}; ${commit ?? "no commit"}`,
  ].join("\n");
}

function padded(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}
