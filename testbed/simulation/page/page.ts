import { renderDocument } from "../../plots/document.ts";
import { count } from "../../plots/format.ts";
import { html } from "../../plots/html.ts";
import type { Measured, SimulationReport } from "../report.ts";
import { headline } from "./headline.ts";
import { invariants } from "./invariants.ts";
import { latencies } from "./latencies.ts";
import { load } from "./load.ts";
import { federationMap } from "./map.ts";
import { overTime } from "./over-time.ts";
import { measuredTotals, totals } from "./totals.ts";
import { caches, traffic } from "./traffic.ts";

/**
 * The report for people: one HTML file that needs nothing else and has no script. The same report gives the same bytes, but for what was
 * measured by the wall clock, which is left out where it is null.
 */
export function renderPage(report: SimulationReport, measured: Measured | null): string {
  const { topology, workload, servers } = report.settings;
  return renderDocument({
    title: `koa-ocm simulation: ${count(servers)} servers, ${topology}, ${workload}`,
    body: html`${headline(report, measured !== null)}${totals(report)}${federationMap(report)}${overTime(report)}${latencies(report)}${traffic(report)}${caches(report)}${load(report)}${invariants(report)}${measured !== null && measuredTotals(measured)}`,
  });
}
