import { couple, HOUR, moments, usualShare, type Workload } from "../plan.ts";

const SPAN = HOUR;

export const steady: Workload = {
  line: "people share, answer, read and end shares all the time, for an hour",
  plan(world, shares, dice) {
    const times = moments(shares, SPAN, dice);
    return { shares: times.map((at, index) => usualShare(index, at, couple(world, dice), dice, SPAN)), events: [] };
  },
};
