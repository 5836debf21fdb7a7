import type { Box, Disc, Hull, Laid, Spot } from "./layout.ts";
import { spreadOut, sunflower } from "./spread-out.ts";

/** Between two groups and around the servers of one, in parts of the room that one server has. */
const PADDING = 0.55;

interface Cluster {
  group: string | null;
  /** Places in the list, the busiest first. */
  members: number[];
  x: number;
  y: number;
  /** In units of the room that one server has. */
  r: number;
}

/** Each group is a circle of its own; those that belong to none, such as a directory, are in the middle. */
export function grouped(spots: readonly Spot[], radii: readonly number[], box: Box): Laid {
  const clusters = clustersOf(spots);
  packed(clusters, box.width / box.height);
  const scale = fitting(clusters, box);
  const discs: Disc[] = radii.map((r) => ({ x: 0, y: 0, r }));
  const hulls: Hull[] = [];
  for (const { group, members, x, y, r } of clusters) {
    const around = { x: box.width / 2 + (x - scale.x) * scale.by, y: box.height / 2 + (y - scale.y) * scale.by };
    const inside = (r - PADDING / 2) * scale.by;
    const own = members.map((member, i) => {
      const { x: dx, y: dy } = sunflower(i, scale.by);
      const most = Math.min(radii[member] ?? 1, scale.by * (i === 0 ? 0.62 : 0.46));
      return { x: around.x + dx, y: around.y + dy, r: most };
    });
    spreadOut(own, 1.5, (disc) => held(disc, around, inside));
    for (const [i, member] of members.entries()) discs[member] = own[i] ?? { ...around, r: 1 };
    if (group !== null) hulls.push({ group, ...around, r: r * scale.by });
  }
  return { discs, hulls };
}

function clustersOf(spots: readonly Spot[]): Cluster[] {
  const byGroup = new Map<string | null, number[]>();
  for (const [i, { group }] of spots.entries()) byGroup.set(group, [...(byGroup.get(group) ?? []), i]);
  const load = (i: number) => spots[i]?.load ?? 0;
  const clusters = [...byGroup].map(([group, members]) => {
    members.sort((one, other) => load(other) - load(one) || one - other);
    const r = Math.max(0.75, 0.62 * Math.sqrt(members.length + 0.8) + 0.2) + PADDING / 2;
    return { group, members, r, x: 0, y: 0 };
  });
  const first = (cluster: Cluster) => (cluster.group === null ? 0 : 1);
  return clusters.sort((one, other) => first(one) - first(other) || other.r - one.r);
}

/** The first in the middle, each other one as near to it as it can lie, in a spiral as wide as the box. */
function packed(clusters: readonly Cluster[], aspect: number): void {
  const placed: Cluster[] = [];
  for (const cluster of clusters) {
    for (let turn = 0; turn < 200_000; turn += 1) {
      const far = 0.12 * Math.sqrt(turn);
      cluster.x = far * Math.cos(turn * 2.4) * Math.sqrt(aspect);
      cluster.y = (far * Math.sin(turn * 2.4)) / Math.sqrt(aspect);
      if (
        placed.every(
          (other) => Math.hypot(other.x - cluster.x, other.y - cluster.y) >= other.r + cluster.r + PADDING / 2,
        )
      ) {
        break;
      }
    }
    placed.push(cluster);
  }
}

function fitting(clusters: readonly Cluster[], { width, height, margin }: Box): { by: number; x: number; y: number } {
  const left = Math.min(...clusters.map(({ x, r }) => x - r));
  const right = Math.max(...clusters.map(({ x, r }) => x + r));
  const top = Math.min(...clusters.map(({ y, r }) => y - r));
  const bottom = Math.max(...clusters.map(({ y, r }) => y + r));
  const by = Math.min((width - 2 * margin) / (right - left), (height - 2 * margin) / (bottom - top));
  return { by, x: (left + right) / 2, y: (top + bottom) / 2 };
}

function held(disc: Disc, { x, y }: { x: number; y: number }, r: number): void {
  const far = Math.hypot(disc.x - x, disc.y - y);
  const most = Math.max(0, r - disc.r);
  if (far <= most) return;
  disc.x = x + ((disc.x - x) * most) / far;
  disc.y = y + ((disc.y - y) * most) / far;
}
