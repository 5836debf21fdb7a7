import { writeSync } from "node:fs";
import { setClockPart } from "./clock.ts";
import { type Begun, DEATH_MARK, type Death, type DeathPoint, type Orders, type Trouble } from "./orders.ts";

/** An episode is on, or how many occasions are left until the next one. */
interface TroubleState {
  trouble: Trouble;
  next: number;
  left: number;
  end: NodeJS.Timeout | null;
}

let deaths: { death: Death; left: number }[] = [];
let troubles: TroubleState[] = [];

/** Puts orders in force; what was there before is over. */
export function obey(orders: Orders): void {
  for (const { end } of troubles) clearTimeout(end ?? undefined);
  setClockPart("trouble", 0);
  setClockPart("order", orders.aheadMs ?? 0);
  deaths = (orders.deaths ?? []).map((death) => ({ death, left: death.nth ?? 1 }));
  troubles = (orders.troubles ?? []).map((trouble) => ({
    trouble,
    next: 0,
    left: trouble.episodes[0]?.nth ?? 0,
    end: null,
  }));
}

/** An occasion to die. It does not return where this is the one that was ordered. */
export function reached(point: DeathPoint, path = ""): void {
  for (const one of deaths) {
    if (one.death.at !== point || !isMeant(one.death, path)) continue;
    one.left -= 1;
    if (one.left !== 0) continue;
    // The pipe has it before the process is gone.
    writeSync(2, `${DEATH_MARK}${point}\n`);
    process.kill(process.pid, "SIGKILL");
  }
}

/** Is there trouble of this kind now? Each call is an occasion for it to begin. */
export function meetsTrouble(kind: Trouble["kind"]): boolean {
  for (const state of troubles) {
    if (state.trouble.kind !== kind) continue;
    const episode = state.trouble.episodes[state.next];
    if (state.end !== null) return true;
    if (episode === undefined) continue;
    state.left -= 1;
    if (state.left > 0) continue;
    begin(state, episode.forMs);
    return true;
  }
  return false;
}

/** Is there trouble of this kind now? No occasion for anything. */
export function isInTrouble(kind: Trouble["kind"]): boolean {
  return troubles.some(({ trouble, end }) => trouble.kind === kind && end !== null);
}

function begin(state: TroubleState, forMs: number): void {
  const { kind, episodes, aheadMs = 0 } = state.trouble;
  if (kind === "wrong-clock") setClockPart("trouble", aheadMs);
  state.end = setTimeout(() => {
    state.end = null;
    state.next += 1;
    state.left = episodes[state.next]?.nth ?? 0;
    if (kind === "wrong-clock") setClockPart("trouble", 0);
  }, forMs).unref();
  process.send?.({ begun: kind } satisfies Begun);
}

function isMeant({ path: wanted = "" }: Death, path: string): boolean {
  return wanted.endsWith("/") ? path.includes(wanted) : path.endsWith(wanted);
}
