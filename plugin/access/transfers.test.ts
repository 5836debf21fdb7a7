import { addAbortSignal, PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createTransfers } from "./transfers.ts";

/** A system whose sleep ends when the test says so. */
function handSystem() {
  const sleepers: (() => void)[] = [];
  return {
    sleepers,
    sleep: () => new Promise<void>((resolve) => void sleepers.push(resolve)),
    async tick() {
      for (const wake of sleepers.splice(0)) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("running transfers", () => {
  it("that depend on one right are looked after by one question, and cut together when it is gone", async () => {
    const system = handSystem();
    const transfers = createTransfers(system);
    let asked = 0;
    let valid = true;
    const check = async () => {
      asked += 1;
      return valid;
    };
    const streams = Array.from({ length: 100 }, () => transfers.watch(new PassThrough(), "share-1", check));
    const other = transfers.watch(new PassThrough(), "share-2", async () => true);
    await system.tick();
    await system.tick();
    expect(asked).toBe(2);
    expect(streams.some((stream) => stream.destroyed)).toBe(false);
    valid = false;
    await system.tick();
    expect(asked).toBe(3);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
    expect(other.destroyed).toBe(false);
    other.destroy();
  });

  it("are cut where it cannot be told whether they may go on", async () => {
    const system = handSystem();
    const stream = createTransfers(system).watch(new PassThrough(), "share", async () => {
      throw new Error("the store is gone");
    });
    await system.tick();
    expect(stream.destroyed).toBe(true);
  });

  it("leave nothing behind: no question and no timer once they are over, and a fresh look for the next", async () => {
    const system = handSystem();
    const transfers = createTransfers(system);
    let asked = 0;
    const check = async () => {
      asked += 1;
      return true;
    };
    const first = transfers.watch(new PassThrough(), "share", check);
    first.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    await system.tick();
    expect([asked, system.sleepers.length]).toEqual([0, 0]);
    const second = transfers.watch(new PassThrough(), "share", check);
    await system.tick();
    expect(asked).toBe(1);
    second.destroy();
  });

  it("that were over before are not looked after", async () => {
    const system = handSystem();
    let asked = 0;
    const stream = new PassThrough();
    stream.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    createTransfers(system).watch(stream, "share", async () => {
      asked += 1;
      return true;
    });
    await system.tick();
    await system.tick();
    expect([asked, system.sleepers.length]).toEqual([0, 0]);
  });

  it("that were broken off a moment before bring nothing down", async () => {
    const stream = addAbortSignal(AbortSignal.abort(), new PassThrough());
    expect(stream.closed).toBe(true);
    createTransfers(handSystem()).watch(stream, "share", async () => true);
    // An error that nobody listens for would end the process: it is told in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.listenerCount("error")).toBeGreaterThan(0);
  });

  it("that begin while a look is under way are not cut by its answer", async () => {
    const system = handSystem();
    const transfers = createTransfers(system);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const first = transfers.watch(new PassThrough(), "share", () => promise);
    await system.tick();
    const second = transfers.watch(new PassThrough(), "share", async () => true);
    resolve(false);
    await new Promise((done) => setImmediate(done));
    expect([first.destroyed, second.destroyed]).toEqual([true, false]);
    second.destroy();
  });
});
