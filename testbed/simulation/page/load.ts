import { colour } from "../../plots/colours.ts";
import { table } from "../../plots/document.ts";
import { figure, NARROW, WIDE } from "../../plots/figure.ts";
import { bytes, count, percent, plural } from "../../plots/format.ts";
import { type Html, type HtmlValue, html } from "../../plots/html.ts";
import { drawLines, type Line } from "../../plots/lines.ts";
import { countScale, logScale, type Scale } from "../../plots/scale.ts";
import { shortened } from "../../plots/text.ts";
import type { ServerFigures, SimulationReport } from "../report.ts";

/** Rows of the table; the rest is one row. */
const MOST_ROWS = 50;

/** Where the busiest has this many times the load of the median, only powers show both. */
const SKEWED = 30;

/** All requests that a server answered and sent. */
export function loadOf({ requestsIn, requestsOut }: ServerFigures): number {
  return requestsIn + requestsOut;
}

/** The servers, the busiest first. The order is the same in every run. */
export function byLoad(servers: readonly ServerFigures[]): ServerFigures[] {
  return [...servers].sort((one, other) => loadOf(other) - loadOf(one) || (one.host < other.host ? -1 : 1));
}

/** How the load lies on the servers, and the busiest of them. */
export function load({ servers }: SimulationReport): Html {
  const ranked = byLoad(servers);
  return html`<h2>Load per server</h2>
${ranked.length > 1 && plotOf(ranked)}${ranked.length === 0 ? html`<p class="note">There were no servers.</p>` : tableOf(ranked)}`;
}

function plotOf(ranked: readonly ServerFigures[]): Html {
  const all = ranked.reduce((sum, server) => sum + loadOf(server), 0);
  const tenth = Math.max(1, Math.round(ranked.length / 10));
  const theirs = ranked.slice(0, tenth).reduce((sum, server) => sum + loadOf(server), 0);
  const values = ranked.flatMap(({ requestsIn, requestsOut }) => [requestsIn, requestsOut]);
  const isSkewed = skewed(values);
  const mark = ranked.length <= 40;
  const line = (value: (server: ServerFigures) => number, name: "blue" | "orange", sign: "circle" | "rect"): Line => ({
    colour: colour(name),
    mark: mark ? sign : "none",
    dashed: name === "orange",
    points: ranked
      .map(value)
      .sort((one, other) => other - one)
      .map((y, i) => ({ x: i + 1, y: nothing(y) })),
  });
  const nothing = (y: number) => (isSkewed ? y || null : y);
  const lines = [line((each) => each.requestsIn, "blue", "circle"), line((each) => each.requestsOut, "orange", "rect")];
  const y = isSkewed ? logScale("requests (logarithmic)", values) : countScale("requests", values);
  return figure({
    id: "load",
    title: "Requests per server, the busiest first",
    text: `Each direction is ranked by itself. The busiest ${tenth === 1 ? "server has" : `${count(tenth)} of ${count(ranked.length)} servers have`} ${percent(theirs, all)} of all requests.`,
    keys: [
      { name: "requests from peers", colour: colour("blue"), sign: mark ? "circle" : "none" },
      { name: "requests to peers", colour: colour("orange"), sign: mark ? "rect" : "none", dashed: true },
    ],
    draw: (id, narrow) => {
      const size = { width: narrow ? NARROW : WIDE, height: narrow ? 230 : 260 };
      return { size, parts: drawLines(id, size, { x: ranks(ranked.length, narrow), y, lines }) };
    },
  });
}

/** Whether only powers show both the busiest and the many. */
function skewed(values: readonly number[]): boolean {
  const sorted = [...values].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return median > 0 && (sorted.at(-1) ?? 0) / median >= SKEWED;
}

function ranks(servers: number, narrow: boolean): Scale {
  const scale = countScale("rank of the server", [servers], narrow ? 4 : 8);
  const ticks = [1, ...scale.ticks.filter((tick) => tick > 1 && tick <= servers)];
  return { ...scale, min: 1, max: servers, ticks };
}

function tableOf(ranked: readonly ServerFigures[]): Html {
  const busiest = ranked.slice(0, MOST_ROWS);
  const rest = ranked.slice(MOST_ROWS);
  return html`<h3 id="servers">${rest.length > 0 ? `The ${MOST_ROWS} busiest servers` : "All servers"}</h3>
${table({
  name: "Servers",
  words: 2,
  head: [
    "server",
    "role",
    "people",
    "peers",
    "shares sent",
    "received",
    "requests in",
    "out",
    "bytes in",
    "out",
    "busiest second",
    "longest backlog",
  ],
  rows: [
    ...busiest.map((server) => rowOf(nameOf(server), roleOf(server), [server])),
    ...(rest.length > 0 ? [rowOf(`${plural(rest.length, "other server")} together`, "", rest)] : []),
  ],
})}${rest.length > 0 && html`<p class="note">Of several servers together, peers, busiest second and longest backlog are the greatest of one.</p>`}`;
}

function nameOf({ name, host }: ServerFigures): Html {
  return html`<bdi>${shortened(name, 40)}</bdi>${!host.startsWith(name) && html`<br /><span class="soft"><bdi>${shortened(host, 60)}</bdi></span>`}`;
}

function roleOf({ role, group }: ServerFigures): Html {
  return html`${shortened(role, 30)}${group !== null && html`<br /><span class="soft"><bdi>${shortened(group, 40)}</bdi></span>`}`;
}

function rowOf(name: HtmlValue, role: HtmlValue, servers: readonly ServerFigures[]): HtmlValue[] {
  const sum = (value: (server: ServerFigures) => number) => servers.reduce((all, server) => all + value(server), 0);
  const most = (value: (server: ServerFigures) => number) =>
    servers.reduce((greatest, server) => Math.max(greatest, value(server)), 0);
  return [
    name,
    role,
    count(sum((each) => each.users)),
    count(most((each) => each.peers)),
    count(sum((each) => each.sharesSent)),
    count(sum((each) => each.sharesReceived)),
    count(sum((each) => each.requestsIn)),
    count(sum((each) => each.requestsOut)),
    bytes(sum((each) => each.bytesIn)),
    bytes(sum((each) => each.bytesOut)),
    count(most((each) => each.busiestSecond)),
    count(most((each) => each.longestBacklog)),
  ];
}
