import { cards } from "../../plots/document.ts";
import { bytes, count, duration, percent } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import type { Measured, SimulationReport } from "../report.ts";
import { shortfall } from "../shortfall.ts";

/** The sums of the whole run. */
export function totals(report: SimulationReport): Html {
  const { totals: sum } = report;
  const { acknowledged, repeated, parked } = sum.deliveries;
  const part = (some: number, all: number, whole: string) =>
    all === 0 ? {} : { more: `${percent(some, all)} of ${whole}` };
  const ofAll = (some: number) => part(some, sum.sharesCreated, "all");
  const perShare = (value: number | null, print: (value: number) => string) =>
    value === null ? {} : { more: `${print(value)} per share` };
  return html`<h2>Totals</h2>
${cards([
  { name: "shares created", value: count(sum.sharesCreated) },
  { name: "shares received", value: count(sum.sharesReceived), ...ofAll(sum.sharesReceived) },
  { name: "shares accepted", value: count(sum.sharesAccepted), ...ofAll(sum.sharesAccepted) },
  { name: "shares rejected", value: count(sum.sharesRejected), ...ofAll(sum.sharesRejected) },
  { name: "shares ended", value: count(sum.sharesEnded), ...ofAll(sum.sharesEnded) },
  { name: "files read", value: count(sum.filesRead) },
])}${cards([
  { name: "messages between servers", value: count(sum.messages), ...perShare(sum.messagesPerShare, count) },
  { name: "bytes between servers", value: bytes(sum.bytes), ...perShare(sum.bytesPerShare, bytes) },
  { name: "deliveries acknowledged", value: count(acknowledged) },
  {
    name: "deliveries repeated",
    value: count(repeated),
    more: `${percent(repeated, acknowledged)} of those`,
  },
  { name: "deliveries parked", value: count(parked), more: "given up, for an operator" },
])}${shortfall(report).map((sentence) => html`<p class="note">${sentence}</p>\n`)}`;
}

/** What the run cost on the machine that it ran on. */
export function measuredTotals(measured: Measured): Html {
  const { wallMs, cpuMs, rssMiB, messagesPerSecond, sharesPerSecond, node, cpus } = measured;
  return html`<h2 id="measured">The machine</h2>
<p class="soft">Times by the wall clock, on Node ${node} with ${count(cpus)} CPU cores. They differ from run to run, unlike all else on this page.</p>
${cards([
  { name: "duration", value: duration(wallMs) },
  { name: "CPU time", value: duration(cpuMs) },
  { name: "most memory (RSS)", value: bytes(rssMiB * 2 ** 20) },
  { name: "messages per second", value: count(messagesPerSecond) },
  { name: "shares per second", value: count(sharesPerSecond) },
])}`;
}
