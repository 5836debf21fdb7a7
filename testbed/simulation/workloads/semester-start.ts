import { couple, HOUR, MINUTE, moments, usualShare, type Workload } from "../plan.ts";

const SPAN = HOUR;
const RUSH = 10 * MINUTE;
/** Part of the shares that is made in the rush. */
const IN_RUSH = 0.8;

export const semesterStart: Workload = {
  line: "four fifths of all shares are made within the first ten minutes, the rest over an hour",
  plan(world, shares, dice) {
    const early = Math.round(shares * IN_RUSH);
    const times = [...moments(early, RUSH, dice), ...moments(shares - early, SPAN - RUSH, dice).map((at) => RUSH + at)];
    return {
      shares: times.map((at, index) => usualShare(index, at, couple(world, dice), dice, SPAN)),
      events: [{ at: 0, what: "the semester begins", kind: "note" }],
    };
  },
};
