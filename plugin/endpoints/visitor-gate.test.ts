import { describe, expect, it } from "vitest";
import { visitorGate } from "./visitor-gate.ts";

const LIMITS = { window: 60_000, perAddress: 5, total: 20, underWayPerAddress: 2, underWay: 6 };

function gate() {
  const clock = { at: 1_000_000 };
  const { enter } = visitorGate({ now: () => clock.at }, LIMITS);
  /** Enters and leaves at once. */
  const visit = (address: string) => {
    const admission = enter(address);
    if (admission.admitted) admission.leave();
    return admission.admitted;
  };
  return { clock, enter, visit };
}
const times = (count: number, call: () => boolean) => Array.from({ length: count }, call).filter(Boolean).length;

describe("the gate for visitors", () => {
  it("lets each address in so many times within a window", () => {
    const { clock, visit } = gate();
    expect(times(100, () => visit("192.0.2.1"))).toBe(5);
    expect(times(100, () => visit("192.0.2.2"))).toBe(5);
    clock.at += LIMITS.window;
    expect(times(100, () => visit("192.0.2.1"))).toBe(5);
  });

  it("takes a network of 64 bits for one visitor, and an IPv4 address in IPv6 form for itself", () => {
    const { visit } = gate();
    let n = 0;
    expect(times(100, () => visit(`2001:db8:1:1::${(n++).toString(16)}`))).toBe(5);
    expect(visit("2001:db8:1:2::1")).toBe(true);
    expect(times(100, () => visit("192.0.2.1"))).toBe(5);
    expect(visit("::ffff:192.0.2.1")).toBe(false);
  });

  it("lets in no more than so many of all in a window, whoever they are: 10,000 of 10,000 addresses", () => {
    const { clock, visit, enter } = gate();
    let n = 0;
    expect(times(10_000, () => visit(`10.${n >> 16}.${(n >> 8) & 255}.${n++ & 255}`))).toBe(20);
    clock.at += 15_000;
    expect(enter("192.0.2.9")).toEqual({ admitted: false, retryAfter: 45 });
    clock.at += 45_000;
    expect(visit("192.0.2.9")).toBe(true);
  });

  it("lets in no more than so many at once, of one address and of all, also across windows", () => {
    const { clock, enter } = gate();
    const first = enter("192.0.2.1");
    const second = enter("192.0.2.1");
    expect(enter("192.0.2.1")).toEqual({ admitted: false, retryAfter: 5 });
    clock.at += LIMITS.window;
    expect(enter("192.0.2.1")).toEqual({ admitted: false, retryAfter: 5 });
    for (const address of ["192.0.2.2", "192.0.2.2", "192.0.2.3", "192.0.2.4"]) {
      expect(enter(address).admitted).toBe(true);
    }
    expect(enter("192.0.2.5")).toEqual({ admitted: false, retryAfter: 5 });
    if (first.admitted) first.leave();
    if (first.admitted) first.leave();
    expect(enter("192.0.2.5").admitted).toBe(true);
    expect(enter("192.0.2.5").admitted).toBe(false);
    if (second.admitted) second.leave();
    expect(enter("192.0.2.1").admitted).toBe(true);
  });

  it("counts whoever has no readable address as one, and goes on when the clock was set back", () => {
    const { clock, visit } = gate();
    expect(times(10, () => visit("")) + times(10, () => visit("nonsense"))).toBe(5);
    clock.at -= 10 * LIMITS.window;
    expect(visit("")).toBe(true);
  });
});
