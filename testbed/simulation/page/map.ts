import { tenths, word } from "../../plots/chart.ts";
import { colour, seriesColour } from "../../plots/colours.ts";
import { type Drawing, figure, NARROW, WIDE } from "../../plots/figure.ts";
import { count, plural } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import type { Key } from "../../plots/sign.ts";
import { escaped, shortened } from "../../plots/text.ts";
import type { ServerFigures, SimulationReport } from "../report.ts";
import { placeLabels, wordAt } from "./labels.ts";
import { type Disc, type Hull, layout } from "./layout.ts";
import { byLoad, loadOf } from "./load.ts";
import { bondsOf, drawBonds } from "./map-links.ts";

/** Where there are more servers than this, only the busiest are named on the map. */
const ALL_NAMED = 40;
const MOST_ROLES = 8;

/** Links that count for where the servers lie. */
const MOST_PULLING = 2500;

/** Among many servers, those are named that have this many times the load of the median. */
const BUSY = 3;

/** So many of the busiest are named whatever their names cover. */
const ALWAYS_NAMED = 3;

/** Letters stay legible on lines. */
const HALO = `stroke="${colour("paper")}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`;

/** The federation as a map: servers, their load, and who has to do with whom. */
export function federationMap({ servers, links }: SimulationReport): Html {
  if (servers.length === 0) return html``;
  const roles = rolesOf(servers);
  const bonds = bondsOf(servers, links);
  const loads = servers.map(loadOf);
  const spots = servers.map((server, i) => ({ group: server.group, load: loads[i] ?? 0 }));
  const shown = (narrow: boolean) => bonds.slice(0, narrow ? 400 : 1000);
  const laid = layout(spots, bonds.slice(0, MOST_PULLING));
  const draw = (_: string, narrow: boolean): Drawing => {
    const size = narrow ? { width: NARROW, height: 400 } : { width: WIDE, height: servers.length <= 12 ? 460 : 640 };
    const { discs, hulls } = laid({ ...size, margin: 8 });
    const parts = [
      hulls.map(drawHull).join(""),
      drawBonds(shown(narrow), discs),
      servers.map((server, i) => drawServer(server, discs[i], roles, narrow)).join(""),
      drawNames(servers, discs, hulls, { ...size, narrow }),
    ];
    return { size, parts: parts.join("") };
  };
  const left = bonds.length - shown(false).length;
  return figure({
    id: "map",
    title: "Map of the federation",
    text: html`A disc is a server; its area is its load, requests in and out together (from ${count(Math.min(...loads))} to ${count(Math.max(...loads))}). A line joins servers that had to do with each other: the more messages, the wider. ${left > 0 && `Shown are the ${count(shown(false).length)} busiest of ${count(bonds.length)} links. `}${servers.length > ALL_NAMED && "The busiest are named where there is room."}`,
    keys: keysOf(roles),
    draw,
  });
}

/** Every role with its colour, the most frequent first. */
function rolesOf(servers: readonly ServerFigures[]): Map<string, { colour: string; servers: number }> {
  const counted = new Map<string, number>();
  for (const { role } of servers) counted.set(role, (counted.get(role) ?? 0) + 1);
  const sorted = [...counted].sort(([one, many], [other, more]) => more - many || (one < other ? -1 : 1));
  return new Map(
    sorted.map(([role, number], i) => [
      role,
      { colour: i < MOST_ROLES ? seriesColour(i) : colour("grey"), servers: number },
    ]),
  );
}

function keysOf(roles: ReturnType<typeof rolesOf>): Key[] {
  const named = [...roles].slice(0, MOST_ROLES);
  return named.map(([role, { colour: of, servers }]) => ({
    name: `${shortened(role, 30)} (${count(servers)})`,
    colour: of,
    sign: "dot",
  }));
}

function drawHull({ x, y, r }: Hull): string {
  return `<circle cx="${tenths(x)}" cy="${tenths(y)}" r="${tenths(r)}" fill="${colour("panel")}" stroke="${colour("grid")}"/>`;
}

function drawServer(
  server: ServerFigures,
  disc: Disc | undefined,
  roles: ReturnType<typeof rolesOf>,
  narrow: boolean,
): string {
  if (disc === undefined) return "";
  const { x, y, r } = disc;
  const fill = roles.get(server.role)?.colour ?? colour("grey");
  const circle = `<circle cx="${tenths(x)}" cy="${tenths(y)}" r="${tenths(r)}" fill="${fill}" stroke="${colour("paper")}"`;
  // Nothing hovers over a telephone.
  return narrow ? `${circle}/>` : `${circle}><title>${escaped(hint(server))}</title></circle>`;
}

function hint(server: ServerFigures): string {
  const { name, host, role, group, requestsIn, requestsOut, peers, sharesSent, sharesReceived } = server;
  return (
    `${shortened(name, 60)} (${shortened(host, 80)}), ${shortened(role, 30)}${group === null ? "" : `, ${shortened(group, 40)}`}: ` +
    `${count(requestsIn)} requests in, ${count(requestsOut)} out; ${plural(peers, "peer")}; ` +
    `${plural(sharesSent, "share")} sent, ${count(sharesReceived)} received`
  );
}

interface View {
  width: number;
  height: number;
  narrow: boolean;
}

function drawNames(
  servers: readonly ServerFigures[],
  discs: readonly Disc[],
  hulls: readonly Hull[],
  view: View,
): string {
  const groups = groupNames(hulls, view);
  const at = new Map(servers.map((server, i) => [server, discs[i]]));
  const wishes = namedOf(servers, view.narrow).flatMap((server, rank) => {
    const disc = at.get(server);
    const text = shortened(ownName(server), view.narrow ? 14 : 24);
    return disc === undefined ? [] : [{ text, at: disc, isNeeded: rank < ALWAYS_NAMED }];
  });
  const taken = groups.map(({ text, x, y }) => wordAt(text, x, y));
  return [
    ...groups.map(({ text, x, y }) =>
      word(text, x, y, `text-anchor="middle" fill="${colour("soft")}" font-weight="600" ${HALO}`),
    ),
    ...placeLabels(wishes, discs, view, taken).map(({ text, x, y }) =>
      word(text, x, y, `fill="${colour("ink")}" ${HALO}`),
    ),
  ].join("");
}

/** Who gets a name, the busiest first. */
function namedOf(servers: readonly ServerFigures[], narrow: boolean): ServerFigures[] {
  const ranked = byLoad(servers);
  if (servers.length <= ALL_NAMED) return narrow ? ranked.slice(0, 12) : ranked;
  const middle = ranked[Math.floor(ranked.length / 2)];
  const busy =
    middle === undefined ? [] : ranked.filter((server) => loadOf(server) >= BUSY * Math.max(1, loadOf(middle)));
  return (busy.length === 0 ? ranked.slice(0, 5) : busy).slice(0, narrow ? 10 : 24);
}

/** Without the name of the group, which stands there already. */
function ownName({ name, group }: ServerFigures): string {
  return group !== null && name.endsWith(`.${group}`) ? name.slice(0, -group.length - 1) : name;
}

/** On the upper edge of each circle, as far as it is wide enough. */
function groupNames(hulls: readonly Hull[], { height, narrow }: View): { text: string; x: number; y: number }[] {
  return hulls.flatMap(({ group, x, y, r }) => {
    const letters = Math.floor((r * 2.1) / 6.7);
    if (letters < 5 && narrow) return [];
    const top = Math.min(height - 8, Math.max(8, y - r));
    return [{ text: shortened(group, Math.max(4, letters)), x, y: top }];
  });
}
