import { table } from "../../plots/document.ts";
import { count } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import { shortened } from "../../plots/text.ts";
import type { SimulationReport } from "../report.ts";

const MOST_BROKEN = 10;

/** What has to be true of every run, and where it was not. */
export function invariants({ invariants: all, complete }: SimulationReport): Html {
  if (all.length === 0) return html``;
  return html`<h2>Invariants</h2>
${!complete && html`<p class="note">Looked at when the run was interrupted: what was under way then may count as broken.</p>`}
${table({
  name: "Invariants",
  words: 2,
  head: ["", "what has to be true", "looked at"],
  rows: all.map(({ name, holds, checked, broken }) => [
    holds ? html`<span class="word-good">holds</span>` : html`<span class="word-bad">broken</span>`,
    html`${shortened(name, 300)}${
      broken.length > 0 &&
      html`<ul class="broken-list">${broken.slice(0, MOST_BROKEN).map((each) => html`<li><bdi>${shortened(each, 400)}</bdi></li>`)}</ul>`
    }`,
    count(checked),
  ]),
})}`;
}
