import type { GeneratorCalls, Side } from "./generator/main.ts";
import type { BenchPath } from "./paths/path.ts";
import type { Child } from "./process/children.ts";
import type { Round } from "./report.ts";
import type { UseCalls } from "./servers/use.ts";

/** After so many requests, or so many seconds, the code is compiled. The warm-up also shows how many requests a round will need. */
const WARM_UP = { requests: 12_000, seconds: 5 };
/** How many more requests are made than the fastest round so far would have needed. */
const RESERVE = 1.3;

/** Two servers that are measured against each other, each ready. */
export interface Contest {
  path: BenchPath;
  generator: Child<GeneratorCalls>;
  /** The processes of each server. */
  sides: Record<Side, readonly Child<UseCalls>[]>;
  seconds: number;
  rounds: number;
  connections: number;
  /** Called after each round. */
  after(rounds: readonly Round[]): Promise<void>;
}

/** Warms both servers up, and lets them take turns. Who begins changes, so that neither always runs on a warmer or colder machine. */
export async function takeTurns(contest: Contest): Promise<Round[]> {
  const { path, generator, sides, seconds, connections } = contest;
  const supply = path.supply?.(contest.rounds);
  const fastest: Record<Side, number> = { ours: 0, yardstick: 0 };
  const measure = async (side: Side, long: number, requests: number): Promise<Round[Side]> => {
    const patience = long * 1000 + 60_000;
    await generator.call("fill", { side, count: requests }, patience);
    await Promise.all(sides[side].map((process) => process.call("begin", null)));
    const load = await generator.call("run", { side, seconds: long, atMost: requests, connections }, patience);
    const uses = await Promise.all(sides[side].map((process) => process.call("end", null)));
    fastest[side] = Math.max(fastest[side], load.requestsPerSecond);
    return { load, use: together(uses) };
  };
  const turn = (side: Side) => {
    const wanted = Math.ceil(fastest[side] * seconds * RESERVE);
    return measure(side, seconds, Math.min(wanted, supply?.perRound ?? wanted));
  };
  // However short the rounds are: a quick look of a few long ones may be less warm.
  const warmUp = seconds < 1 ? WARM_UP.seconds : Math.min(WARM_UP.seconds, seconds * contest.rounds);
  for (const side of ["ours", "yardstick"] as const) {
    const requests = supply?.warmUp ?? WARM_UP.requests;
    await measure(side, warmUp, requests);
    await generator.call("forget", side);
  }
  const rounds: Round[] = [];
  while (rounds.length < contest.rounds) {
    const order: Side[] = rounds.length % 2 === 0 ? ["ours", "yardstick"] : ["yardstick", "ours"];
    const round: Partial<Round> = {};
    for (const side of order) round[side] = await turn(side);
    rounds.push(round as Round);
    await contest.after(rounds);
  }
  return rounds;
}

/** What several processes of one server used. */
function together(uses: readonly Round[Side]["use"][]): Round[Side]["use"] {
  return {
    cpu: uses.reduce((total, { cpu }) => total + cpu, 0),
    rss: uses.reduce((total, { rss }) => total + rss, 0),
    loopP99: Math.max(...uses.map(({ loopP99 }) => loopP99)),
  };
}
