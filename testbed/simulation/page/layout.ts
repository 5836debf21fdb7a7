import { settled, stretched } from "./layout-forced.ts";
import { grouped } from "./layout-grouped.ts";

/** One server on the map. */
export interface Spot {
  /** Belongs to the same group as others of this name; null: to none. */
  group: string | null;
  load: number;
}

/** How strongly two spots, by their places in the list, are bound. */
export interface Bond {
  from: number;
  to: number;
  weight: number;
}

/** A place in px. */
export interface Place {
  x: number;
  y: number;
}

/** A place with what is drawn there. */
export interface Disc extends Place {
  r: number;
}

/** A circle around the servers of a group. */
export interface Hull extends Disc {
  group: string;
}

export interface Laid {
  discs: Disc[];
  hulls: Hull[];
}

export interface Box {
  width: number;
  height: number;
  /** Left free at each side. */
  margin: number;
}

/**
 * Puts servers on a map: gives a function that fits it into a box. Those of a group lie together, the busiest in the middle; without
 * groups, those lie near each other that have to do with each other. Nothing is random: the same servers give the same map.
 */
export function layout(spots: readonly Spot[], bonds: readonly Bond[]): (box: Box) => Laid {
  const groups = new Set(spots.map(({ group }) => group).filter((group) => group !== null));
  if (groups.size > 1) return (box) => grouped(spots, radiiFor(spots, box), box);
  const places = settled(spots, bonds);
  return (box) => ({ discs: stretched(places, radiiFor(spots, box), box), hulls: [] });
}

/** Part of the box that all discs together may cover. */
const COVERED = 0.12;

/** The area of a disc is its load's, but that nothing is too small to be seen. */
function radiiFor(spots: readonly Spot[], { width, height }: Box): number[] {
  const room = Math.sqrt((width * height) / Math.max(1, spots.length));
  const sum = spots.reduce((all, { load }) => all + load, 0);
  const busiest = spots.reduce((greatest, { load }) => Math.max(greatest, load), 0);
  if (sum === 0) return spots.map(() => clamped(room * 0.1, 2, 8));
  const fair = Math.sqrt((COVERED * width * height * busiest) / (Math.PI * sum));
  const most = clamped(Math.min(fair, room * 0.4), 6, 28);
  const least = clamped(room * 0.055, 2.2, 7);
  return spots.map(({ load }) => Math.max(least, most * Math.sqrt(load / busiest)));
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
