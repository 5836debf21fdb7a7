import { describe, expect, it } from "vitest";
import { virtualClock } from "./clock.ts";

const START = 1_000;

describe("The virtual clock", () => {
  it("stands still until nothing is left to do, and then goes to what comes next", async () => {
    const clock = virtualClock(START);
    const seen: [string, number][] = [];
    const note = (what: string) => seen.push([what, clock.now()]);
    let isOver = false;
    void (async () => {
      await clock.sleep(500);
      note("late");
      isOver = true;
    })();
    void (async () => {
      await clock.sleep(20);
      note("early");
      await clock.soon();
      await new Promise((resolve) => process.nextTick(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      note("still early");
    })();
    clock.at(START + 100, () => note("at"));
    await clock.run(() => isOver);
    expect(seen).toEqual([
      ["early", START + 20],
      ["still early", START + 20],
      ["at", START + 100],
      ["late", START + 500],
    ]);
  });

  it("ends a sleep by its signal, before and while it lasts", async () => {
    const clock = virtualClock(START);
    const stop = new AbortController();
    const ended: number[] = [];
    const sleeping = clock.sleep(1_000, stop.signal).then(() => ended.push(clock.now()));
    clock.at(START + 10, () => stop.abort());
    await clock.run(() => ended.length > 0);
    await sleeping;
    await clock.sleep(1_000, stop.signal);
    expect(ended).toEqual([START + 10]);
  });

  it("lets everything that waits for its turn go on before time passes", async () => {
    const clock = virtualClock(START);
    let turns = 0;
    const working = (async () => {
      for (; turns < 50; turns += 1) await clock.soon();
    })();
    clock.at(START + 1, () => expect(turns).toBe(50));
    await clock.run(() => clock.now() > START);
    await working;
  });

  it("stops at a time where it is told to, and says when everybody waits for nothing", async () => {
    const clock = virtualClock(START);
    clock.at(START + 100, () => undefined);
    await clock.run(() => false, START + 50);
    expect(clock.now()).toBe(START + 50);
    await expect(clock.run(() => false)).rejects.toThrow("stands still");
  });
});
