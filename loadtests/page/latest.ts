import { colour } from "../../testbed/plots/colours.ts";
import { table } from "../../testbed/plots/document.ts";
import { figure, NARROW, WIDE } from "../../testbed/plots/figure.ts";
import { bytes, count, duration, NOTHING } from "../../testbed/plots/format.ts";
import { type Html, html } from "../../testbed/plots/html.ts";
import type { Mark } from "../../testbed/plots/lines.ts";
import { drawRanges, type Range, rangesHeight } from "../../testbed/plots/ranges.ts";
import { byteScale, durationLogScale, numberScale, type Scale } from "../../testbed/plots/scale.ts";
import { shortened } from "../../testbed/plots/text.ts";
import { aimOf } from "./headline.ts";
import type { BenchPathReport, BenchReport } from "./read-report.ts";
import { judge } from "./verdict.ts";

const MIB = 2 ** 20;

/** One run: ratios, latencies, CPU time, memory and the event loop, path by path. */
export function latest({ paths, rounds }: BenchReport): Html {
  const all = Object.entries(paths);
  if (all.length === 0) return html`<p class="notice">This run measured no path.</p>`;
  const rows = (values: (path: BenchPathReport, name: string) => (number | null)[]): Range[] =>
    all.map(([name, path]) => ({ name, values: values(path, name) }));
  return html`<h2>Ratio to the yardstick</h2>
${compared({
  id: "ratio",
  title: "Part of the yardstick's rate",
  text: "The line is the spread over the rounds. Right of the aim is better.",
  marks: [
    { name: "ratio of the rates", mark: "circle", colour: colour("blue") },
    { name: "by CPU time per request", mark: "diamond", colour: colour("green") },
    { name: "aim", mark: "triangle", colour: colour("orange") },
  ],
  rows: all.map(([name, path]) => ({
    name,
    values: [path.ratio, path.cpuRatio, aimOf(name)],
    joined: path.spread.ratio,
  })),
  scale: (values) => numberScale("ratio", [1, ...values], 6),
})}${tableOf(all, rounds)}
<h2>Latency and cost</h2>
${compared({
  id: "latency",
  title: "Latency of an answer",
  marks: [
    { name: "p50", mark: "circle", colour: colour("blue") },
    { name: "p99", mark: "triangle", colour: colour("blue") },
    { name: "p50, yardstick", mark: "circle", colour: colour("yellow") },
    { name: "p99, yardstick", mark: "triangle", colour: colour("yellow") },
  ],
  rows: rows(({ p50, p99, yardstickUse }) => [p50, p99, yardstickUse.p50, yardstickUse.p99]),
  scale: (values) => durationLogScale("time (logarithmic)", values),
})}${compared({
  id: "cpu",
  title: "CPU time for each request, all threads of the server",
  marks: SIDES,
  rows: rows(({ cpuMsPerRequest, yardstickUse }) => [cpuMsPerRequest, yardstickUse.cpuMsPerRequest]),
  scale: (values) => durationLogScale("CPU time (logarithmic)", values),
})}${compared({
  id: "memory",
  title: "Most memory of the server (RSS)",
  marks: SIDES,
  rows: rows(({ rssMiB, yardstickUse }) => [rssMiB * MIB, yardstickUse.rssMiB * MIB]),
  scale: (values) => byteScale("RSS", values, 6),
})}${compared({
  id: "loop",
  title: "How late timers of the server were (event loop, p99)",
  marks: SIDES,
  rows: rows(({ eventLoopP99Ms, yardstickUse }) => [eventLoopP99Ms, yardstickUse.eventLoopP99Ms]),
  scale: (values) => durationLogScale("lateness (logarithmic)", values),
})}`;
}

interface Sign {
  name: string;
  mark: Exclude<Mark, "none">;
  colour: string;
}

const SIDES: readonly Sign[] = [
  { name: "koa-ocm", mark: "circle", colour: colour("blue") },
  { name: "yardstick", mark: "rect", colour: colour("yellow") },
];

interface Compared {
  id: string;
  title: string;
  text?: string;
  marks: readonly Sign[];
  rows: readonly Range[];
  scale: (values: readonly number[]) => Scale;
}

function compared({ id, title, text, marks, rows, scale }: Compared): Html {
  const values = rows
    .flatMap(({ values: each, joined = [] }) => [...each, ...joined])
    .filter((value) => value !== null);
  const plot = { scale: scale(values), marks, rows };
  return figure({
    id,
    title,
    ...(text === undefined ? {} : { text }),
    keys: marks.map(({ name, mark, colour: of }) => ({ name, colour: of, sign: `only-${mark}` as const })),
    draw: (name, narrow) => {
      const size = { width: narrow ? NARROW : WIDE, height: rangesHeight({ ...plot, narrow }) };
      return { size, parts: drawRanges(name, size, { ...plot, narrow }) };
    },
  });
}

function tableOf(paths: readonly [string, BenchPathReport][], rounds: number): Html {
  const fixed = (value: number) => value.toFixed(2);
  return html`${table({
    name: "Paths",
    head: [
      "path",
      "requests/s",
      "yardstick",
      "ratio",
      "spread",
      "by CPU",
      "aim",
      "CPU",
      "p50",
      "p99",
      "RSS",
      "loop p99",
    ],
    rows: paths.map(([name, path]) => [
      html`<code>${shortened(name, 40)}</code>`,
      count(Math.round(path.ours)),
      count(Math.round(path.yardstick)),
      fixed(path.ratio),
      path.spread.ratio.map(fixed).join("–"),
      fixed(path.cpuRatio),
      aimText(name, path, rounds),
      duration(path.cpuMsPerRequest),
      duration(path.p50),
      duration(path.p99),
      bytes(path.rssMiB * MIB),
      duration(path.eventLoopP99Ms),
    ]),
  })}${
    paths.some(([name, path]) => aimOf(name) !== null && judge(path, aimOf(name) ?? 0, rounds).by === "CPU time") &&
    html`<p class="note">* The rates of the rounds are too far apart, or there are too few rounds, so the aim is judged by CPU time, which is steadier. Within five per cent of the aim it is not certain.</p>\n`
  }${paths.map(
    ([name, { rival }]) =>
      rival !== undefined &&
      html`<p class="note">${shortened(name, 40)}: ${shortened(rival.name, 40)} gives ${count(rival.requestsPerSecond)} answers per second on one connection; the server under test is ${count(rival.ratio)} times as fast.</p>`,
  )}`;
}

const CLASSES = { reached: "word-good", missed: "word-bad", "not certain": "soft" } as const;

function aimText(name: string, path: BenchPathReport, rounds: number): Html {
  const aim = aimOf(name);
  if (aim === null) return html`${NOTHING}`;
  const { word, by } = judge(path, aim, rounds);
  return html`${aim.toFixed(1)} <span class="${CLASSES[word]}">${word}</span>${by === "CPU time" && " *"}`;
}
