import { colour } from "../../testbed/plots/colours.ts";
import { figure } from "../../testbed/plots/figure.ts";
import { plural } from "../../testbed/plots/format.ts";
import { type Html, html } from "../../testbed/plots/html.ts";
import { drawLines, type Level, type Line, type Mark } from "../../testbed/plots/lines.ts";
import { byteScale, countScale, durationLogScale, numberScale, type Scale } from "../../testbed/plots/scale.ts";
import { shortened } from "../../testbed/plots/text.ts";
import { commitName } from "./commit-name.ts";
import { aimOf } from "./headline.ts";
import type { BenchPathReport, BenchReport } from "./read-report.ts";

/** Two of them lie beside each other. */
const HALF = 428;

/** As many commits as can be told apart; the older ones are left out. */
const MOST_RUNS = 60;

/** Up to so many, each point has a mark. */
const MOST_MARKED = 20;

/** Each path over the commits, as far as they ran on a machine like the last one's. */
export function historyOf(history: readonly BenchReport[]): Html {
  const newest = history.at(-1);
  const alike = newest === undefined ? [] : history.filter((report) => isAlike(report, newest)).slice(-MOST_RUNS);
  if (newest === undefined || alike.length < 2) {
    return html`<h2 id="history">History</h2>
<p class="note">A history needs two reports of the same kind of machine.</p>
`;
  }
  const names = Object.keys(newest.paths);
  return html`<h2 id="history">History</h2>
<p class="note">${plural(alike.length, "run")} on the same kind of machine, with the same database and number of processes, the newest at the right.</p>
${names.map((name, i) => pathHistory(name, `h${i}`, alike))}`;
}

/** Whether two runs can be compared by more than their ratios. */
export function isAlike(one: BenchReport, other: BenchReport): boolean {
  return (
    one.machine.cpu === other.machine.cpu &&
    one.machine.cores === other.machine.cores &&
    one.database === other.database &&
    one.processes === other.processes
  );
}

interface Measure {
  name: string;
  of: (path: BenchPathReport) => number;
  spread?: (path: BenchPathReport) => [number, number];
}

function pathHistory(name: string, id: string, runs: readonly BenchReport[]): Html {
  const aim = aimOf(name);
  const plot = (
    what: string,
    title: string,
    measures: readonly Measure[],
    scale: (values: number[]) => Scale,
    levels: Level[] = [],
  ) => {
    const lines = measures.map((measure, place) => lineOf(measure, place, runs, name));
    const values = lines.flatMap(({ points }) => points.flatMap(({ y, low = 0, high = 0 }) => [y ?? 0, low, high]));
    const y = scale([...values.filter((value) => value > 0), ...levels.map((level) => level.y)]);
    return figure({
      id: `${id}-${what}`,
      title,
      keys: measures.map((measure, place) => ({
        name: measure.name,
        colour: lines[place]?.colour ?? colour("blue"),
        sign: lines[place]?.mark ?? "circle",
        dashed: lines[place]?.dashed ?? false,
      })),
      small: true,
      draw: (own) => {
        const size = { width: HALF, height: 220 };
        return { size, parts: drawLines(own, size, { x: commits(runs), y, lines, levels }) };
      },
    });
  };
  const ms = (title: string) => (values: number[]) => durationLogScale(`${title} (logarithmic)`, values);
  return html`<section><h3>${shortened(name, 40)}</h3><div class="pairs">
${plot(
  "ratio",
  "Ratio to the yardstick",
  [
    { name: "rates, with spread", of: (path) => path.ratio, spread: (path) => path.spread.ratio },
    { name: "by CPU time", of: (path) => path.cpuRatio },
  ],
  (values) => numberScale("ratio", values),
  aim === null ? [] : [{ y: aim, label: `aim ${aim.toFixed(1)}` }],
)}${plot(
  "latency",
  "Latency",
  [
    { name: "p50", of: ({ p50 }) => p50 },
    { name: "p99", of: ({ p99 }) => p99 },
  ],
  ms("time"),
)}${plot(
  "rate",
  "Requests per second",
  [
    { name: "koa-ocm", of: ({ ours }) => ours, spread: ({ spread }) => spread.ours },
    { name: "yardstick", of: ({ yardstick }) => yardstick, spread: ({ spread }) => spread.yardstick },
  ],
  (values) => countScale("requests per second", values),
)}${plot(
  "cpu",
  "CPU time for each request",
  [
    { name: "koa-ocm", of: ({ cpuMsPerRequest }) => cpuMsPerRequest },
    { name: "yardstick", of: ({ yardstickUse }) => yardstickUse.cpuMsPerRequest },
  ],
  ms("CPU time"),
)}${plot(
  "memory",
  "Memory (RSS)",
  [
    { name: "koa-ocm", of: ({ rssMiB }) => rssMiB * 2 ** 20 },
    { name: "yardstick", of: ({ yardstickUse }) => yardstickUse.rssMiB * 2 ** 20 },
  ],
  (values) => byteScale("RSS", values),
)}${plot(
  "loop",
  "Lateness of the event loop, p99",
  [
    { name: "koa-ocm", of: ({ eventLoopP99Ms }) => eventLoopP99Ms },
    { name: "yardstick", of: ({ yardstickUse }) => yardstickUse.eventLoopP99Ms },
  ],
  ms("lateness"),
)}</div></section>
`;
}

const MARKS: readonly Exclude<Mark, "none">[] = ["circle", "rect"];

function lineOf({ of, spread }: Measure, place: number, runs: readonly BenchReport[], name: string): Line {
  return {
    colour: colour(place === 0 ? "blue" : "yellow"),
    mark: runs.length > MOST_MARKED ? "none" : (MARKS[place] ?? "circle"),
    dashed: runs.length > MOST_MARKED && place > 0,
    points: runs.map(({ paths }, i) => {
      const path = Object.hasOwn(paths, name) ? paths[name] : undefined;
      if (path === undefined) return { x: i, y: null };
      const [low, high] = spread?.(path) ?? [];
      return { x: i, y: of(path), ...(low === undefined || high === undefined ? {} : { low, high }) };
    }),
  };
}

/** The commits as an axis. */
function commits(runs: readonly BenchReport[]): Scale {
  return {
    name: "commit",
    min: -0.5,
    max: runs.length - 0.5,
    log: false,
    ticks: runs.map((_, i) => i),
    label: (i) => commitName(runs[i]?.commit ?? null),
  };
}
