import {
  couple,
  HOUR,
  largestSite,
  MINUTE,
  moments,
  type PlannedShare,
  plainShare,
  usualShare,
  type Workload,
} from "../plan.ts";
import type { Person } from "../world.ts";

/** A new key signs a day after it was made, and the old one is published for an hour more. */
const SPAN = 30 * HOUR;
const STOLEN_AT = HOUR;
const ROTATED_AT = 2 * HOUR;
/** The old key is published for 25 hours more, peers keep it for an hour, and a little for what is under way. */
const FORGED_UNTIL = ROTATED_AT + 26 * HOUR + 5 * MINUTE;
/** Part of the shares that the thief sends, and the fewest. */
const FORGED = 0.1;
const FEWEST_FORGED = 8;

/** How many of so many shares are the thief's. */
export function forgedOf(shares: number): number {
  return Math.max(Math.min(shares, FEWEST_FORGED), Math.round(shares * FORGED));
}

export const keyCompromise: Workload = {
  line: "a server's keys are copied and shares are forged with them; it rotates, and a day later nobody takes them",
  plan(world, shares, dice) {
    const forged = forgedOf(shares);
    const site = largestSite(world);
    const [victim] = world.peopleOf[site] ?? [];
    if (victim === undefined) throw new RangeError("Nobody is at the largest server.");
    const usual = moments(shares - forged, SPAN, dice).map((at, index): PlannedShare => {
      return { ...usualShare(index, at, couple(world, dice), dice, HOUR), folder: false };
    });
    const targets: Person[] = world.people.filter(({ site: other }) =>
      world.federation.neighbours[site]?.includes(other),
    );
    const theirs = moments(forged, SPAN - STOLEN_AT, dice).map((at, index): PlannedShare => {
      const share = plainShare(usual.length + index, STOLEN_AT + at, [victim, dice.pick(targets)], dice);
      return { ...share, reads: [MINUTE], kind: "forged" };
    });
    const host = world.federation.sites[site]?.host;
    return {
      forgedUntil: FORGED_UNTIL,
      shares: [...usual, ...theirs],
      events: [
        { at: STOLEN_AT, what: `somebody has copied the keys of ${host}`, kind: "note" },
        { at: ROTATED_AT, what: `${host} makes a new key, which signs a day later`, kind: "rotate", site },
      ],
    };
  },
};
