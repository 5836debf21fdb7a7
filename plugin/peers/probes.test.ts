import { beforeEach, describe, expect, it } from "vitest";
import { PeerFailure } from "../ports/peer-client.ts";
import { machine } from "../system/machine.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { type TestClock, withTestClock } from "./peers.test-helper.ts";
import { type Probes, startProbes } from "./probes.ts";

const failure = new PeerFailure("peer-timeout", "dead.test", "No answer.");
let clock: TestClock;
let breaker: Breaker;
let probes: Probes;
let probed: string[];
let release: (() => void)[];
let alive: Set<string>;
let waiting: boolean;

beforeEach(() => {
  const test = withTestClock(machine());
  clock = test.clock;
  probed = [];
  release = [];
  alive = new Set();
  waiting = false;
  breaker = createBreaker(
    () => clock.now,
    (_host, open) => open && probes.wake(),
  );
  probes = startProbes(test.system, breaker, async (host) => {
    probed.push(host);
    if (waiting) await new Promise<void>((resolve) => release.push(resolve));
    if (alive.has(host)) breaker.success(host);
    else breaker.failure(host, failure);
  });
  return () => probes.stop();
});
const fail = (host: string) => {
  for (let n = 0; n < 3; n += 1) breaker.failure(host, failure);
};

describe("probing in the background", () => {
  it("tries an unreachable peer after 5, 10, 20 seconds and so on, and ends when it answers", async () => {
    fail("dead.test");
    await clock.advance(4_999);
    expect(probed).toEqual([]);
    await clock.advance(1);
    expect(probed).toHaveLength(1);
    await clock.advance(9_999);
    expect(probed).toHaveLength(1);
    await clock.advance(1);
    expect(probed).toHaveLength(2);
    alive.add("dead.test");
    await clock.advance(20_000);
    expect(breaker.isOpen("dead.test")).toBe(false);
    await clock.advance(3_600_000);
    expect(probed).toHaveLength(3);
  });

  it("asks a peer that stays down six times an hour", async () => {
    fail("dead.test");
    await clock.advance(3_600_000);
    const before = probed.length;
    await clock.advance(3_600_000);
    expect(probed.length - before).toBe(6);
  });

  it("makes at most eight probes at once, and goes on when one is done", async () => {
    waiting = true;
    for (let n = 0; n < 20; n += 1) fail(`dead${n}.test`);
    await clock.advance(5_000);
    expect(probed).toHaveLength(8);
    release.shift()?.();
    await clock.advance(0);
    expect(probed).toHaveLength(9);
  });

  it("asks nobody while all is well, and nobody after it was stopped", async () => {
    await clock.advance(3_600_000);
    expect(probed).toEqual([]);
    fail("dead.test");
    await probes.stop();
    await clock.advance(3_600_000);
    expect(probed).toEqual([]);
  });
});
