import type { Disc } from "./layout.ts";

/** Turn from one seed of a sunflower to the next: it fills a disc evenly. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** The place of the seed with this number, at a distance of about `step` from its neighbours. */
export function sunflower(i: number, step: number): { x: number; y: number } {
  const r = i === 0 ? 0 : step * 0.62 * Math.sqrt(i + 0.8);
  return { x: r * Math.cos(i * GOLDEN_ANGLE), y: r * Math.sin(i * GOLDEN_ANGLE) };
}

const ROUNDS = 60;

/** Moves discs apart, in place, until none covers another one; as far as there is room. */
export function spreadOut(discs: Disc[], gap: number, keep: (disc: Disc) => void = () => undefined): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = false;
    for (const [i, one] of discs.entries()) {
      for (let j = i + 1; j < discs.length; j += 1) {
        const other = discs[j];
        if (other !== undefined && pushed(one, other, gap, i)) moved = true;
      }
    }
    for (const disc of discs) keep(disc);
    if (!moved) return;
  }
}

/** The smaller one moves more. */
function pushed(one: Disc, other: Disc, gap: number, i: number): boolean {
  const dx = other.x - one.x;
  const dy = other.y - one.y;
  const wanted = one.r + other.r + gap;
  if (Math.abs(dx) >= wanted || Math.abs(dy) >= wanted) return false;
  const distance = Math.hypot(dx, dy);
  if (distance >= wanted - 0.01) return false;
  const [ux, uy] = distance > 0.001 ? [dx / distance, dy / distance] : [Math.cos(i), Math.sin(i)];
  const share = other.r ** 2 / (one.r ** 2 + other.r ** 2);
  const far = wanted - distance;
  one.x -= ux * far * share;
  one.y -= uy * far * share;
  other.x += ux * far * (1 - share);
  other.y += uy * far * (1 - share);
  return true;
}
