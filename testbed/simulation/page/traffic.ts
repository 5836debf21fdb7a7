import { type Bar, type BarsPlot, barsHeight, drawBars } from "../../plots/bars.ts";
import { colour } from "../../plots/colours.ts";
import { table } from "../../plots/document.ts";
import { figure, NARROW, WIDE } from "../../plots/figure.ts";
import { bytes, count, percent } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import type { MessageCount, SimulationReport } from "../report.ts";

/** Kinds that get a bar of their own. */
const MOST_KINDS = 16;

/** What the servers told each other, by kind. */
export function traffic({ messages, totals, settings }: SimulationReport): Html {
  if (messages.length === 0)
    return html`<h2>Messages by kind</h2>
<p class="note">No server asked another one for anything.</p>
`;
  const kinds = bounded(messages);
  const failed = messages.reduce((sum, each) => sum + each.failed, 0);
  return html`<h2>Messages by kind</h2>
${
  failed > 0 &&
  html`<p class="note" id="failed">Failed messages are part of a good run: people also try to read what has ended, and are refused.${settings.fault !== null && " The others are the fault's."}</p>\n`
}${bars("kinds-messages", "Messages", {
  keys: true,
  title: "messages",
  bars: kinds.map(({ kind, messages: all, failed }) => ({
    name: kind,
    parts: [
      { value: Math.max(0, all - failed), colour: colour("blue") },
      { value: failed, colour: colour("orange") },
    ],
    label: `${count(all)} (${percent(all, totals.messages)})`,
  })),
})}${bars("kinds-bytes", "Bytes", {
  title: "bytes of heads and bodies, in both directions",
  bars: [...kinds]
    .sort((one, other) => other.bytes - one.bytes)
    .map((each) => ({
      name: each.kind,
      parts: [{ value: each.bytes, colour: colour("green") }],
      label: `${bytes(each.bytes)} (${percent(each.bytes, totals.bytes)})`,
    })),
})}${table({
  name: "Messages by kind",
  head: ["kind", "messages", "failed", "bytes", "bytes each"],
  rows: kinds.map((each) => [
    html`<bdi>${each.kind}</bdi>`,
    count(each.messages),
    count(each.failed),
    bytes(each.bytes),
    each.messages === 0 ? "–" : bytes(each.bytes / each.messages),
  ]),
})}`;
}

/** What was fetched about other servers, and how often it was known already. */
export function caches({ caches: { discovery, keys } }: SimulationReport): Html {
  const rows = [
    { name: "discovery documents", ...discovery },
    { name: "keys", ...keys },
  ];
  const used = rows.filter(({ hits, fetches }) => hits + fetches > 0);
  const plot = used.map(
    ({ name, hits, fetches }): Bar => ({
      name,
      parts: [
        { value: hits / (hits + fetches), colour: colour("green") },
        { value: fetches / (hits + fetches), colour: colour("orange") },
      ],
      label: `${percent(hits, hits + fetches)} known`,
    }),
  );
  return html`<h2>Caches</h2>
${plot.length > 0 && bars("caches", "How often a document was known already", { cacheKeys: true, title: "part of all uses", bars: plot, whole: 1 })}${table(
  {
    name: "Caches",
    head: ["", "uses", "known already", "fetched", "hit rate", "bytes fetched"],
    rows: rows.map((each) => [
      each.name,
      count(each.hits + each.fetches),
      count(each.hits),
      count(each.fetches),
      percent(each.hits, each.hits + each.fetches),
      bytes(each.bytes),
    ]),
  },
)}`;
}

function bars(id: string, title: string, plot: BarsPlot & { keys?: boolean; cacheKeys?: boolean }): Html {
  return figure({
    id,
    title,
    ...(plot.keys === true
      ? {
          keys: [
            { name: "answered", colour: colour("blue"), sign: "block" },
            { name: "failed (4xx, 5xx or no answer)", colour: colour("orange"), sign: "block" },
          ],
        }
      : {}),
    ...(plot.cacheKeys === true
      ? {
          keys: [
            { name: "known", colour: colour("green"), sign: "block" },
            { name: "fetched", colour: colour("orange"), sign: "block" },
          ],
        }
      : {}),
    draw: (name, narrow) => {
      const whole = { ...plot, narrow };
      const size = { width: narrow ? NARROW : WIDE, height: barsHeight(whole) };
      return { size, parts: drawBars(name, size, whole) };
    },
  });
}

/** The most frequent kinds, and the rest as one. */
function bounded(messages: readonly MessageCount[]): MessageCount[] {
  const sorted = [...messages].sort((one, other) => other.messages - one.messages);
  if (sorted.length <= MOST_KINDS) return sorted;
  const rest = sorted.slice(MOST_KINDS - 1);
  const sum = (value: (each: MessageCount) => number) => rest.reduce((all, each) => all + value(each), 0);
  return [
    ...sorted.slice(0, MOST_KINDS - 1),
    {
      kind: `${rest.length} other kinds`,
      messages: sum((each) => each.messages),
      bytes: sum((each) => each.bytes),
      failed: sum((each) => each.failed),
    },
  ];
}
