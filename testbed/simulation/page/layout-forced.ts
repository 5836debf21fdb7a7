import type { Bond, Box, Disc, Place, Spot } from "./layout.ts";
import { spreadOut, sunflower } from "./spread-out.ts";

/** Enough for the picture to stand still; more for few servers, since it costs nothing. */
const PAIRS = 20_000_000;
const MOST_ROUNDS = 400;

/** Keeps those with few bonds near. */
const GRAVITY = 0.15;

/**
 * After Fruchterman and Reingold (1991): all push each other away, bonds pull, and the steps grow smaller. It begins with the busiest in
 * the middle of a sunflower.
 */
export function settled(spots: readonly Spot[], bonds: readonly Bond[]): Place[] {
  const places = begun(spots);
  const heaviest = bonds.reduce((most, { weight }) => Math.max(most, weight), 1);
  const degrees = spots.map(() => 1);
  for (const { from, to } of bonds) {
    degrees[from] = (degrees[from] ?? 1) + 1;
    degrees[to] = (degrees[to] ?? 1) + 1;
  }
  // Those with many bonds are pulled less by each of them, or all would lie on one heap.
  const pulls = bonds.map(({ from, to, weight }) => ({
    from,
    to,
    pull: (0.3 + 0.7 * Math.sqrt(weight / heaviest)) / Math.min(degrees[from] ?? 1, degrees[to] ?? 1),
  }));
  const rounds = Math.min(MOST_ROUNDS, Math.max(40, Math.floor(PAIRS / Math.max(1, spots.length ** 2))));
  for (let round = 0; round < rounds; round += 1) {
    const pushes = repelled(places);
    for (const pull of pulls) attracted(places, pushes, pull);
    moved(places, pushes, 1.5 * (1 - round / rounds) + 0.02);
  }
  return places;
}

/** The places over the whole box, with discs that do not cover each other. */
export function stretched(places: readonly Place[], radii: readonly number[], box: Box): Disc[] {
  const { width, height, margin } = box;
  const xs = rangeOf(places.map(({ x }) => x));
  const ys = rangeOf(places.map(({ y }) => y));
  const edge = margin + Math.max(0, ...radii);
  const at = (value: number, { least, length }: Extent, whole: number) =>
    length === 0 ? whole / 2 : edge + ((value - least) / length) * (whole - 2 * edge);
  const discs = places.map(({ x, y }, i) => ({ x: at(x, xs, width), y: at(y, ys, height), r: radii[i] ?? 1 }));
  spreadOut(discs, 2, (disc) => {
    const least = margin + disc.r;
    disc.x = Math.min(width - least, Math.max(least, disc.x));
    disc.y = Math.min(height - least, Math.max(least, disc.y));
  });
  return discs;
}

interface Extent {
  least: number;
  length: number;
}

function rangeOf(values: readonly number[]): Extent {
  const least = Math.min(...values);
  return { least, length: Math.max(...values) - least };
}

function begun(spots: readonly Spot[]): Place[] {
  const order = spots
    .map((_, i) => i)
    .sort((one, other) => (spots[other]?.load ?? 0) - (spots[one]?.load ?? 0) || one - other);
  const places: Place[] = spots.map(() => ({ x: 0, y: 0 }));
  for (const [rank, i] of order.entries()) places[i] = sunflower(rank, 1);
  return places;
}

/** What all the others do to each, and a little gravity so that nobody leaves. */
function repelled(places: readonly Place[]): Place[] {
  const pushes = places.map(({ x, y }) => ({ x: -x * GRAVITY, y: -y * GRAVITY }));
  for (const [i, one] of places.entries()) {
    for (let j = i + 1; j < places.length; j += 1) {
      const other = places[j];
      const [pushed, back] = [pushes[i], pushes[j]];
      if (other === undefined || pushed === undefined || back === undefined) continue;
      const dx = one.x - other.x;
      const dy = one.y - other.y;
      const by = 1 / Math.max(0.05, dx * dx + dy * dy);
      pushed.x += dx * by;
      pushed.y += dy * by;
      back.x -= dx * by;
      back.y -= dy * by;
    }
  }
  return pushes;
}

function attracted(places: readonly Place[], pushes: readonly Place[], { from, to, pull }: Pull): void {
  const [one, other, pushed, back] = [places[from], places[to], pushes[from], pushes[to]];
  if (one === undefined || other === undefined || pushed === undefined || back === undefined) return;
  const by = pull * Math.hypot(other.x - one.x, other.y - one.y);
  const dx = (other.x - one.x) * by;
  const dy = (other.y - one.y) * by;
  pushed.x += dx;
  pushed.y += dy;
  back.x -= dx;
  back.y -= dy;
}

interface Pull {
  from: number;
  to: number;
  pull: number;
}

function moved(places: readonly Place[], pushes: readonly Place[], longest: number): void {
  for (const [i, place] of places.entries()) {
    const push = pushes[i] ?? { x: 0, y: 0 };
    const length = Math.hypot(push.x, push.y);
    const by = length > longest ? longest / length : 1;
    place.x += push.x * by;
    place.y += push.y * by;
  }
}
