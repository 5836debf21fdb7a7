import { colour } from "../../plots/colours.ts";
import type { LinkFigures, ServerFigures } from "../report.ts";
import type { Bond, Disc } from "./layout.ts";

/** Links in both directions as one, the busiest first. Those of a server with itself or with an unknown one are left out. */
export function bondsOf(servers: readonly ServerFigures[], links: readonly LinkFigures[]): Bond[] {
  // The report may name a server either way.
  const places = new Map(servers.flatMap(({ name, host }, i) => [[host, i] as const, [name, i] as const]));
  const bonds = new Map<number, Bond>();
  for (const { from, to, messages } of links) {
    const one = places.get(from);
    const other = places.get(to);
    if (one === undefined || other === undefined || one === other) continue;
    const [low, high] = one < other ? [one, other] : [other, one];
    const key = low * servers.length + high;
    const known = bonds.get(key);
    if (known === undefined) bonds.set(key, { from: low, to: high, weight: messages });
    else known.weight += messages;
  }
  return [...bonds.values()].sort(
    (one, other) => other.weight - one.weight || one.from - other.from || one.to - other.to,
  );
}

const WIDTHS = [0.8, 1.4, 2.4, 3.8];

/** All links of about the same width as one path: some thousand lines are few bytes then. */
export function drawBonds(bonds: readonly Bond[], discs: readonly Disc[]): string {
  const heaviest = bonds.reduce((most, { weight }) => Math.max(most, weight), 1);
  const [opacity, thinner] = bonds.length > 600 ? [0.32, 0.6] : bonds.length > 150 ? [0.5, 0.8] : [0.8, 1];
  const paths = WIDTHS.map(() => "");
  for (const { from, to, weight } of bonds) {
    const one = discs[from];
    const other = discs[to];
    if (one === undefined || other === undefined) continue;
    const level = Math.min(WIDTHS.length - 1, Math.floor(Math.sqrt(weight / heaviest) * WIDTHS.length));
    paths[level] += `M${Math.round(one.x)} ${Math.round(one.y)}L${Math.round(other.x)} ${Math.round(other.y)}`;
  }
  return paths
    .map((path, level) =>
      path === ""
        ? ""
        : `<path d="${path}" fill="none" stroke="${colour("axis")}" stroke-width="${round((WIDTHS[level] ?? 1) * thinner)}" stroke-opacity="${opacity}"/>`,
    )
    .join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
