import { colour } from "../../plots/colours.ts";
import { table } from "../../plots/document.ts";
import { figure, NARROW, WIDE } from "../../plots/figure.ts";
import { count, duration } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import { drawRanges, type RangesPlot, rangesHeight } from "../../plots/ranges.ts";
import { durationLogScale } from "../../plots/scale.ts";
import type { Key } from "../../plots/sign.ts";
import type { Distribution, SimulationReport } from "../report.ts";

/** How long things took in virtual time. */
export function latencies({ latencies: all }: SimulationReport): Html {
  const { shareDelivery, answerDelivery, revocationSpread, accessAfterRevocation } = all;
  const rows = [
    { name: "share until received", of: shareDelivery },
    { name: "answer until known", of: answerDelivery },
    { name: "revocation until told", of: revocationSpread },
  ];
  return html`<h2>Latencies</h2>
${plotOf(rows)}${table({
  name: "Latencies",
  head: ["", "observed", "mean", "p50", "p90", "p99", "longest"],
  rows: [...rows, { name: "last access after a revocation", of: accessAfterRevocation }].map(({ name, of }) => [
    name,
    count(of.count),
    ...[of.mean, of.p50, of.p90, of.p99, of.max].map(duration),
  ]),
})}<p class="note">From the sender's click until the receiver has the share; from the receiver's answer until the sender knows it; from a revocation until the receiver's server was told; from a revocation until the last successful access, which must be nothing.</p>
`;
}

function plotOf(rows: readonly { name: string; of: Distribution }[]): Html {
  const seen = rows.filter(({ of }) => of.count > 0 && of.p50 !== null);
  if (seen.length === 0) return html`<p class="note">Nothing was observed.</p>`;
  const ranges = seen.map(({ name, of }) => ({ name, values: [of.p50, of.p90, of.p99, of.max] }));
  const scale = durationLogScale(
    "virtual time (logarithmic)",
    ranges.flatMap(({ values }) => values.filter((value) => value !== null)),
  );
  const keys: Key[] = MARKS.map(({ name, mark, colour: colourOf }) => ({ name, sign: mark, colour: colourOf }));
  return figure({
    id: "latencies",
    title: "How long until the other side knows",
    text: "Half of all took at most p50, nine of ten p90, ninety-nine of a hundred p99.",
    keys,
    draw: (id, narrow) => {
      const plot: RangesPlot = { scale, marks: MARKS, rows: ranges, narrow };
      const size = { width: narrow ? NARROW : WIDE, height: rangesHeight(plot) };
      return { size, parts: drawRanges(id, size, plot) };
    },
  });
}

const MARKS = [
  { name: "p50", mark: "circle", colour: colour("blue") },
  { name: "p90", mark: "diamond", colour: colour("green") },
  { name: "p99", mark: "triangle", colour: colour("orange") },
  { name: "longest", mark: "rect", colour: colour("pink") },
] as const;
