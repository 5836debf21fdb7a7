import { table } from "../../testbed/plots/document.ts";
import { count } from "../../testbed/plots/format.ts";
import { type Html, html } from "../../testbed/plots/html.ts";
import { shortened } from "../../testbed/plots/text.ts";
import { commitName } from "./commit-name.ts";
import { isAlike } from "./history.ts";
import type { BenchReport } from "./read-report.ts";

const MOST_ROWS = 100;

/** All reports, the newest first, with what they ran on. */
export function runs(history: readonly BenchReport[]): Html {
  const newest = history.at(-1);
  if (newest === undefined) return html``;
  const shown = history.slice(-MOST_ROWS).reverse();
  return html`<h2>Runs</h2>
${table({
  name: "Runs",
  words: 4,
  head: ["commit", "machine", "Node", "database", "cores", "load", "rounds", "paths", "in the history"],
  rows: shown.map((report) => [
    html`<code>${commitName(report.commit)}</code>`,
    shortened(report.machine.cpu, 60),
    shortened(report.versions.node ?? "?", 20),
    shortened(report.database, 20),
    count(report.machine.cores),
    count(report.machine.load),
    count(report.rounds),
    count(Object.keys(report.paths).length),
    isAlike(report, newest) ? "yes" : "no: another machine or set-up",
  ]),
})}`;
}
