import { colour } from "../../plots/colours.ts";
import { figure, NARROW, WIDE } from "../../plots/figure.ts";
import { duration, plural } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import { drawLines, type Line, type Upright } from "../../plots/lines.ts";
import { countScale, numberScale, type Scale, timeScale } from "../../plots/scale.ts";
import type { Incident, SimulationReport } from "../report.ts";
import { merged, type Span } from "./spans.ts";

/** Marks that a plot has room for, and incidents that a list is read of. */
const MOST_MARKS = 12;
const MOST_LISTED = 30;

/** What happened over virtual time: the backlog, the messages, the shares. */
export function overTime(report: SimulationReport): Html {
  const { samples, incidents, duration: lasted } = report;
  const spans = merged(samples);
  if (spans.length < 2) {
    return html`<h2>Over time</h2>
<p class="note">The run was too short for plots over time.</p>
${incidentList(incidents)}`;
  }
  const rate = rateFor(spans);
  const x = (narrow: boolean) => timeScale("virtual time", [lasted, ...spans.map(({ at }) => at)], narrow ? 4 : 8);
  const marked = incidents.slice(0, MOST_MARKS);
  const uprights: Upright[] = marked.map(({ at }, i) => ({ x: at, label: String(i + 1) }));
  const plot = (id: string, narrow: boolean, y: Scale, lines: Line[]) => {
    const size = { width: narrow ? NARROW : WIDE, height: narrow ? 230 : 260 };
    return { size, parts: drawLines(id, size, { x: x(narrow), y, lines, uprights }) };
  };
  const line = (value: (span: Span) => number, name: Parameters<typeof colour>[0], more: Partial<Line> = {}): Line => ({
    colour: colour(name),
    mark: "none",
    points: spans.map((span) => ({ x: span.at, y: value(span) })),
    ...more,
  });
  const values = (...lines: Line[]) => lines.flatMap(({ points }) => points.map(({ y }) => y ?? 0));

  const backlog = line(({ backlog: waiting }) => waiting, "blue", { filled: true });
  const messages = line(({ perMs }) => perMs * rate.ms, "blue", { filled: true });
  const failed = line(({ failedPerMs }) => failedPerMs * rate.ms, "orange", { dashed: true });
  const created = line(({ sharesCreated }) => sharesCreated, "blue");
  const received = line(({ sharesReceived }) => sharesReceived, "green", { dashed: true });
  const ended = line(({ sharesEnded }) => sharesEnded, "orange");
  const most = spans.reduce((one, other) => (other.backlog > one.backlog ? other : one));
  return html`<h2>Over time</h2>
${figure({
  id: "backlog",
  title: "Backlog: messages that wait to be told",
  text:
    most.backlog === 0
      ? "Nothing ever waited at the time of a sample."
      : `At the most ${plural(most.backlog, "message")}, at about ${duration(most.at)}, in all servers together.`,
  draw: (id, narrow) => plot(id, narrow, countScale("messages waiting", values(backlog)), [backlog]),
})}${figure({
  id: "messages",
  title: "Messages between servers",
  keys: [
    { name: "all", colour: colour("blue"), sign: "none" },
    { name: "failed (4xx, 5xx or no answer)", colour: colour("orange"), sign: "none", dashed: true },
  ],
  draw: (id, narrow) =>
    plot(id, narrow, numberScale(`messages per ${rate.name}`, values(messages)), [messages, failed]),
})}${incidentList(incidents)}${figure({
  id: "shares",
  title: "Shares, all up to that time",
  keys: [
    { name: "created", colour: colour("blue"), sign: "none" },
    { name: "known at the receiver", colour: colour("green"), sign: "none", dashed: true },
    { name: "ended", colour: colour("orange"), sign: "none" },
  ],
  draw: (id, narrow) =>
    plot(id, narrow, countScale("shares", values(created, received, ended)), [created, received, ended]),
})}`;
}

/** The numbers in the plots, with what they mean. */
function incidentList(incidents: readonly Incident[]): Html | false {
  if (incidents.length === 0) return false;
  const listed = incidents.slice(0, MOST_LISTED);
  const rest = incidents.length - listed.length;
  const unmarked = listed.length > MOST_MARKS ? ` The first ${MOST_MARKS} are marked in the plots.` : "";
  return html`<section id="incidents"><h3>Incidents</h3>
<p class="note">What the workload or the fault did; the numbers are those above the plots.${unmarked}</p>
<ol class="incidents">${listed.map(({ at, what }) => html`<li>${duration(at)}: <bdi>${what}</bdi></li>\n`)}</ol>
${rest > 0 && html`<p class="note">And ${plural(rest, "more incident")}.</p>`}</section>
`;
}

/** The unit in which the greatest rate is a number of some size. */
function rateFor(spans: readonly Span[]): { name: string; ms: number } {
  const most = spans.reduce((rate, { perMs }) => Math.max(rate, perMs), 0);
  return RATES.find(({ ms }) => most * ms >= 10) ?? { name: "hour", ms: 3_600_000 };
}

const RATES = [
  { name: "second", ms: 1000 },
  { name: "minute", ms: 60_000 },
];
