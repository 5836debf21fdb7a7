import { couple, HOUR, MINUTE, moments, usualShare, type Workload } from "../plan.ts";
import { halves } from "../sides.ts";

const SPAN = HOUR;
const FROM = 15 * MINUTE;
const UNTIL = 35 * MINUTE;

export const partition: Workload = {
  line: "for twenty minutes nothing gets from one half of the servers to the other, while people go on as ever",
  plan(world, shares, dice) {
    return {
      shares: moments(shares, SPAN, dice).map((at, index) => usualShare(index, at, couple(world, dice), dice, SPAN)),
      events: [
        {
          at: FROM,
          what: "the network falls into two parts",
          kind: "divide",
          sides: halves(world.federation),
          until: UNTIL,
        },
        { at: UNTIL, what: "the network is whole again", kind: "note" },
      ],
    };
  },
};
