import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimers, type Timer } from "./timers.ts";

describe("Timers", () => {
  it("come by time, and those of one time in the order in which they were set, without those that were called off", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(50), off: fc.boolean() }), { maxLength: 300 }),
        fc.array(fc.nat(50), { maxLength: 30 }),
        (first, later) => {
          const timers = createTimers();
          const expected: { at: number; order: number }[] = [];
          const gone: number[] = [];
          const set: Timer[] = first.map(({ at }, order) => timers.add(at, () => gone.push(order)));
          for (const [order, { at, off }] of first.entries()) {
            if (off) timers.cancel(set[order] as Timer);
            else expected.push({ at, order });
          }
          for (const [index, at] of later.entries()) {
            const order = first.length + index;
            timers.add(at, () => gone.push(order));
            expected.push({ at, order });
          }
          expected.sort((one, other) => one.at - other.at || one.order - other.order);
          expect(timers.size()).toBe(expected.length);
          for (const { at } of expected) {
            expect(timers.next()).toBe(at);
            timers.take()?.action?.();
          }
          expect(gone).toEqual(expected.map(({ order }) => order));
          expect([timers.next(), timers.take(), timers.size()]).toEqual([null, null, 0]);
        },
      ),
    );
  });

  it("do not grow with what was called off", () => {
    const timers = createTimers();
    timers.add(1_000_000, () => undefined);
    for (let at = 0; at < 100_000; at += 1) timers.cancel(timers.add(at, () => undefined));
    expect(timers.size()).toBe(1);
    expect(timers.held()).toBeLessThan(5_000);
  });

  it("that went off can be called off without harm", () => {
    const timers = createTimers();
    const timer = timers.add(1, () => undefined);
    timers.take();
    timers.cancel(timer);
    timers.add(2, () => undefined);
    expect([timers.size(), timers.next()]).toEqual([1, 2]);
  });
});
