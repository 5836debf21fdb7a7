import { couple, HOUR, MINUTE, moments, type PlannedShare, plainShare, usualShare, type Workload } from "../plan.ts";

const SPAN = HOUR;
const FROM = 10 * MINUTE;
/** Part of the shares that is spam. */
const SPAM = 0.4;

export const spammer: Workload = {
  line: "a server that nobody knows sends two fifths of all shares, to everybody",
  stranger: true,
  plan(world, shares, dice) {
    const spam = Math.round(shares * SPAM);
    const stranger = world.people.at(-1);
    if (stranger === undefined) throw new RangeError("There is no stranger.");
    const others = world.people.slice(0, -1);
    const usual = moments(shares - spam, SPAN, dice).map((at, index) => {
      return usualShare(index, at, couple({ ...world, people: others }, dice), dice, SPAN);
    });
    const theirs = moments(spam, SPAN - FROM, dice).map((at, index): PlannedShare => {
      const share = plainShare(usual.length + index, FROM + at, [stranger, dice.pick(others)], dice);
      return { ...share, answer: null, kind: "spam" };
    });
    return {
      shares: [...usual, ...theirs],
      events: [{ at: FROM, what: `${stranger.address} begins to send shares`, kind: "note" }],
    };
  },
};
