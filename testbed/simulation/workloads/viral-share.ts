import { couple, HOUR, largestSite, MINUTE, moments, plainShare, SECOND, usualShare, type Workload } from "../plan.ts";

const SPAN = HOUR;
const FROM = 20 * MINUTE;
const WITHIN = 3 * MINUTE;
/** Part of the shares that are of the one thing which everybody wants. */
const VIRAL = 0.5;

export const viralShare: Workload = {
  line: "one person shares something with very many within three minutes, and all of them read it at once",
  plan(world, shares, dice) {
    const viral = Math.round(shares * VIRAL);
    const [owner] = world.peopleOf[largestSite(world)] ?? [];
    if (owner === undefined) throw new RangeError("Nobody is at the largest server.");
    const near = world.people.filter(({ site }) => world.federation.neighbours[owner.site]?.includes(site));
    const usual = moments(shares - viral, SPAN, dice).map((at, index) =>
      usualShare(index, at, couple(world, dice), dice, SPAN),
    );
    const wanted = moments(viral, WITHIN, dice).map((at, index) => {
      const to = near[index % near.length] ?? owner;
      const share = plainShare(usual.length + index, FROM + at, [owner, to], dice);
      return {
        ...share,
        answer: { accepts: true, after: SECOND + dice.wait(20 * SECOND) },
        reads: [dice.wait(10 * SECOND)],
      };
    });
    const what = `${owner.address} shares with ${new Set(wanted.map(({ to }) => to.index)).size} people`;
    return { shares: [...usual, ...wanted], events: [{ at: FROM, what, kind: "note" }] };
  },
};
