import { describe, expect, it } from "vitest";
import { invite } from "../model/contract/samples.ts";
import { openStore } from "../model/open-store.ts";
import { testSystem } from "../model/test-system.test-helper.ts";
import { attended, shortRest } from "./rest.ts";

/** A clock that a sleep moves on at once, until something is to happen before. */
function movingClock(start = 1_000_000) {
  let now = start;
  const sleeps: number[] = [];
  const happenings: { at: number; act(): Promise<unknown> }[] = [];
  return {
    sleeps,
    now: () => now,
    happens: (at: number, act: () => Promise<unknown>) => happenings.push({ at, act }),
    async sleep(ms: number, signal?: AbortSignal) {
      const end = now + ms;
      sleeps.push(ms);
      for (let next = happenings[0]; next !== undefined && next.at <= end; next = happenings[0]) {
        happenings.shift();
        now = next.at;
        await next.act();
        if (signal?.aborted) return;
      }
      now = end;
    },
  };
}

const going = new AbortController().signal;

describe("A pause where others may write", () => {
  it("is never longer than a second after the look, however far away the next time is", async () => {
    const clock = movingClock();
    const rest = shortRest(clock);
    for (const [time, end] of [
      [null, 1_000],
      [clock.now() + 60_000, 2_000],
      [clock.now() + 2_300, 2_300],
    ] as const) {
      rest.looking();
      await rest.until(time, going);
      expect(clock.now()).toBe(1_000_000 + end);
    }
  });

  it("is not shorter because the look was long", async () => {
    const clock = movingClock();
    const rest = shortRest(clock);
    rest.looking();
    await clock.sleep(5_000);
    await rest.until(null, going);
    expect(clock.now()).toBe(1_006_000);
  });
});

describe("A pause where nobody else writes", () => {
  async function world() {
    const clock = movingClock();
    const opened = await openStore({ database: "file::memory:", origin: "https://a.example", system: testSystem });
    const { store, rest } = attended(opened, clock);
    return { clock, store, rest: rest(["invite"]) };
  }

  it("lasts until something is due", async () => {
    const { clock, rest } = await world();
    rest.looking();
    await rest.until(clock.now() + 3_600_000, going);
    expect([clock.now(), clock.sleeps]).toEqual([4_600_000, [3_600_000]]);
  });

  it("ends sooner where something is written that is due sooner, but not within a second of the last look", async () => {
    const { clock, store, rest } = await world();
    clock.happens(1_000_100, () => store.invites.insert(invite({ nextAt: 1_000_100 })));
    rest.looking();
    await rest.until(clock.now() + 3_600_000, going);
    expect(clock.now()).toBe(1_001_000);

    clock.happens(1_005_000, () => store.invites.insert(invite({ nextAt: 1_007_000 })));
    rest.looking();
    await rest.until(null, going);
    expect(clock.now()).toBe(1_007_000);
  });

  it("takes notice of what is written while the store is looked at, of changes, and of nothing that was not written", async () => {
    const { clock, store, rest } = await world();
    const record = invite({ nextAt: null });
    rest.looking();
    await store.invites.insert(record);
    expect(await store.invites.replace({ ...record, version: 99, nextAt: 1_002_000 })).toBe(false);
    await rest.until(1_050_000, going);
    expect(clock.now()).toBe(1_050_000);

    rest.looking();
    expect(await store.invites.replace({ ...record, nextAt: 1_060_000 })).toBe(true);
    await rest.until(null, going);
    expect(clock.now()).toBe(1_060_000);
  });

  it("is not ended by what is due later, and is by its signal", async () => {
    const { clock, store, rest } = await world();
    const stop = new AbortController();
    clock.happens(1_010_000, () => store.invites.insert(invite({ nextAt: 1_900_000 })));
    clock.happens(1_020_000, async () => stop.abort());
    rest.looking();
    await rest.until(1_500_000, stop.signal);
    expect([clock.now(), clock.sleeps]).toEqual([1_020_000, [500_000]]);
  });
});
