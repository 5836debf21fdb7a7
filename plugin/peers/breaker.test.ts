import { beforeEach, describe, expect, it } from "vitest";
import { PeerFailure } from "../ports/peer-client.ts";
import { type Breaker, createBreaker } from "./breaker.ts";

const failure = new PeerFailure("peer-timeout", "dead.test", "dead.test did not answer in time.");
let now: number;
let changes: string[];
let breaker: Breaker;
const fail = (times: number, host = "dead.test") => {
  for (let n = 0; n < times; n += 1) breaker.failure(host, failure);
};

beforeEach(() => {
  now = 1_800_000_000_000;
  changes = [];
  breaker = createBreaker(
    () => now,
    (host, open) => changes.push(`${host} ${open ? "open" : "closed"}`),
  );
});

describe("a breaker", () => {
  it("opens at the third consecutive failure, and not before", () => {
    fail(2);
    expect(breaker.isOpen("dead.test")).toBe(false);
    expect(breaker.refuse("dead.test")).toBeNull();
    fail(1);
    expect(breaker.isOpen("dead.test")).toBe(true);
    expect(changes).toEqual(["dead.test open"]);
  });

  it("forgets failures at a success", () => {
    fail(2);
    breaker.success("dead.test");
    fail(2);
    expect(breaker.isOpen("dead.test")).toBe(false);
    expect(changes).toEqual([]);
  });

  it("leaves other peers alone", () => {
    fail(3);
    expect(breaker.refuse("alive.test")).toBeNull();
    expect(breaker.trouble("alive.test")).toBeUndefined();
  });

  it("refuses with since when and why, and not for good", () => {
    fail(3);
    const refusal = breaker.refuse("dead.test");
    expect(refusal).toBeInstanceOf(PeerFailure);
    expect(refusal?.code).toBe("peer-unreachable");
    expect(refusal?.final).toBe(false);
    expect(refusal?.message).toBe(
      `dead.test has not answered since ${new Date(now).toISOString()}. dead.test did not answer in time.`,
    );
  });

  it("lets one trial through when an interval has passed", () => {
    fail(3);
    now += 4_999;
    expect(breaker.refuse("dead.test")).not.toBeNull();
    now += 1;
    expect(breaker.refuse("dead.test")).toBeNull();
    expect(breaker.refuse("dead.test")).not.toBeNull();
    expect(breaker.isOpen("dead.test")).toBe(true);
  });

  it("doubles the interval with each failed trial, up to ten minutes", () => {
    fail(3);
    const intervals: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const next = breaker.nextDue() ?? 0;
      intervals.push((next - now) / 1000);
      now = next;
      expect(breaker.takeDue(10)).toEqual(["dead.test"]);
      fail(1);
    }
    expect(intervals).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
  });

  it("does not take the failures of requests under way for failed trials", () => {
    fail(50);
    expect(breaker.nextDue()).toBe(now + 5_000);
    expect(breaker.trouble("dead.test")?.failures).toBe(50);
  });

  it("closes at once with the first success", () => {
    fail(3);
    breaker.success("dead.test");
    expect(breaker.isOpen("dead.test")).toBe(false);
    expect(breaker.nextDue()).toBeNull();
    expect(changes).toEqual(["dead.test open", "dead.test closed"]);
  });

  it("gives away no more trials than asked for, and each once", () => {
    for (let n = 0; n < 5; n += 1) fail(3, `dead${n}.test`);
    now += 5_000;
    const first = breaker.takeDue(3);
    expect(first).toHaveLength(3);
    expect(breaker.takeDue(10)).toHaveLength(2);
    expect(breaker.takeDue(10)).toEqual([]);
  });

  it("takes over what was known before a restart", () => {
    const lastError = { code: "peer-dns", message: "No such name.", at: 1, status: null };
    breaker.restore("dead.test", { failures: 7, unreachableSince: 5, lastError });
    expect(breaker.isOpen("dead.test")).toBe(true);
    expect(breaker.trouble("dead.test")).toEqual({ failures: 7, unreachableSince: 5, lastError });
    expect(breaker.nextDue()).toBe(now);
  });

  it("keeps a bounded number of peers", () => {
    for (let n = 0; n < 10_100; n += 1) fail(3, `h${n}.test`);
    expect(breaker.isOpen("h0.test")).toBe(false);
    expect(breaker.isOpen("h10099.test")).toBe(true);
    now += 5_000;
    expect(breaker.takeDue(Infinity)).toHaveLength(10_000);
  });
});
