import { FONT_SIZE, textWidth } from "../../plots/chart.ts";
import type { Disc } from "./layout.ts";

/** A word that wants to stand at a disc. */
export interface Wish {
  text: string;
  at: Disc;
  /** It may cover discs where there is no other room. */
  isNeeded?: boolean;
}

/** A word with its place: the left end and the middle of its height. */
export interface Label {
  text: string;
  x: number;
  y: number;
}

interface Rectangle {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const HALF = FONT_SIZE / 2 + 1;
const GAP = 4;

/**
 * Finds room for as many words as there is: the first come first. None covers another one or the edge, and only one that is needed
 * covers another disc.
 */
export function placeLabels(
  wishes: readonly Wish[],
  discs: readonly Disc[],
  box: { width: number; height: number },
  taken: readonly Rectangle[] = [],
): Label[] {
  const used = [...taken];
  const labels: Label[] = [];
  for (const { text, at, isNeeded = false } of wishes) {
    const width = textWidth(text);
    const places = [...candidates(at, width), ...(isNeeded ? [wordAt(text, at.x, at.y)] : [])].filter(
      (each) =>
        each.left >= 2 &&
        each.right <= box.width - 2 &&
        each.top >= 2 &&
        each.bottom <= box.height - 2 &&
        used.every((other) => !overlap(each, other)),
    );
    const coveredBy = (place: Rectangle) =>
      discs.filter((disc) => disc !== at && disc.r >= 3.5 && covers(place, disc)).length;
    const counted = places.map((place) => ({ place, count: coveredBy(place) }));
    const [best] = counted.sort((one, other) => one.count - other.count);
    if (best === undefined || (best.count > 0 && !isNeeded)) continue;
    const free = best.place;
    used.push(free);
    labels.push({ text, x: free.left, y: (free.top + free.bottom) / 2 });
  }
  return labels;
}

/** What a word in the middle of a place takes. */
export function wordAt(text: string, x: number, y: number): Rectangle {
  const half = textWidth(text) / 2 + 2;
  return { left: x - half, right: x + half, top: y - HALF, bottom: y + HALF };
}

function candidates({ x, y, r }: Disc, width: number): Rectangle[] {
  const beside = (left: number, middle: number) => ({
    left,
    right: left + width,
    top: middle - HALF,
    bottom: middle + HALF,
  });
  const slant = r * 0.7 + HALF;
  return [
    beside(x + r + GAP, y),
    beside(x - r - GAP - width, y),
    beside(x - width / 2, y - r - HALF - 1),
    beside(x - width / 2, y + r + HALF + 1),
    beside(x + r * 0.7 + GAP, y - slant),
    beside(x + r * 0.7 + GAP, y + slant),
    beside(x - r * 0.7 - GAP - width, y - slant),
    beside(x - r * 0.7 - GAP - width, y + slant),
  ];
}

function overlap(one: Rectangle, other: Rectangle): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function covers({ left, right, top, bottom }: Rectangle, { x, y, r }: Disc): boolean {
  const dx = Math.max(left - x, 0, x - right);
  const dy = Math.max(top - y, 0, y - bottom);
  return dx * dx + dy * dy < (r + 1) ** 2;
}
