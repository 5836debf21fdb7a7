import { renderDocument } from "../../testbed/plots/document.ts";
import { html } from "../../testbed/plots/html.ts";
import { headline } from "./headline.ts";
import { historyOf } from "./history.ts";
import { latest } from "./latest.ts";
import type { BenchReport } from "./read-report.ts";
import { runs } from "./runs.ts";

/**
 * The reports of the bench for people, the oldest first: one HTML file that needs nothing else and has no script. What is said of one
 * run is said of the last one; the same reports give the same bytes.
 */
export function renderBenchPage(history: readonly BenchReport[]): string {
  const newest = history.at(-1);
  return renderDocument({
    title: "koa-ocm bench",
    body:
      newest === undefined
        ? html`<h1>koa-ocm bench</h1><p class="notice">There is no report.</p>`
        : html`${headline(newest)}${latest(newest)}${historyOf(history)}${runs(history)}`,
  });
}
