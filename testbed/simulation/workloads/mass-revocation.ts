import { couple, HOUR, lateReads, MINUTE, moments, plainShare, SECOND, type Workload } from "../plan.ts";

const MADE_WITHIN = 30 * MINUTE;
const AT = 45 * MINUTE;
const WITHIN = 30 * SECOND;
/** Part of the shares that is revoked. */
const REVOKED = 0.6;

export const massRevocation: Workload = {
  line: "three fifths of all shares are revoked within half a minute, while their receivers go on reading",
  plan(world, shares, dice) {
    const made = moments(shares, MADE_WITHIN, dice).map((at, index) => {
      const share = plainShare(index, at, couple(world, dice), dice);
      const reads = [dice.next() * (HOUR - at)];
      if (!dice.chance(REVOKED)) return { ...share, reads };
      const end = { by: "owner" as const, after: AT + Math.round(dice.next() * WITHIN) - at };
      return { ...share, reads, end, late: lateReads("owner", dice) };
    });
    const count = made.filter(({ end }) => end !== null).length;
    return { shares: made, events: [{ at: AT, what: `${count} shares are revoked`, kind: "note" }] };
  },
};
