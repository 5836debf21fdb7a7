import { count, plural } from "../../testbed/plots/format.ts";
import { type Html, html } from "../../testbed/plots/html.ts";
import { shortened } from "../../testbed/plots/text.ts";
import { AIMS } from "./aims.ts";
import { commitName } from "./commit-name.ts";
import type { BenchReport } from "./read-report.ts";
import { judge } from "./verdict.ts";

/** How many paths reach their aim, on what, and of which code. */
export function headline({
  paths,
  machine,
  versions,
  commit,
  connections,
  rounds,
  seconds,
  database,
  processes,
}: BenchReport): Html {
  const all = Object.entries(paths);
  const aimed = all.filter(([name]) => aimOf(name) !== null);
  const verdicts = aimed.map(([name, path]) => judge(path, aimOf(name) ?? 0, rounds).word);
  const reached = verdicts.filter((word) => word === "reached");
  const open = verdicts.filter((word) => word === "not certain");
  const { "koa-ocm": version, ...others } = versions;
  return html`<h1>koa-ocm bench: ${reached.length} of ${plural(aimed.length, "aim")} reached${open.length > 0 && `, ${open.length} not certain`}</h1>
<p class="lead">Requests per second beside a yardstick, a server on bare node:http that does the same work in the same run. The ratio of the two says more than a rate, which is that of one machine at one time.</p>
<p class="soft">koa-ocm ${shortened(version ?? "?", 40)}, commit ${commitName(commit)}. ${plural(connections, "connection")}, ${plural(rounds, "round")} of ${count(seconds)} s for each server in turn; ${plural(processes, "process", "processes")} on ${database === "mongodb" ? "MongoDB" : "SQLite"}.</p>
<p class="soft">${shortened(machine.cpu, 80)}, ${plural(machine.cores, "core")} for generator and server together, ${count(machine.memoryGiB)} GiB, ${shortened(machine.platform, 80)}, load ${count(machine.load)} at the start. ${Object.entries(
    others,
  )
    .map(([name, value]) => `${shortened(name, 20)} ${shortened(value, 40)}`)
    .join(", ")}.</p>
`;
}

/** The ratio that a path should reach; null where none is set. */
export function aimOf(path: string): number | null {
  return Object.hasOwn(AIMS, path) ? (AIMS[path] ?? null) : null;
}
