import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dice, seededBytes } from "./random.ts";

describe("Bytes from a seed", () => {
  it("are the same for the same seed, owner, name and count, and others for any other", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.integer({ min: 16, max: 200 }),
        (seed, owner, name, length) => {
          const [one, same] = [seededBytes(seed, owner), seededBytes(seed, owner)];
          const first = one(name, length);
          expect(first.length).toBe(length);
          expect(same(name, length).equals(first)).toBe(true);
          const others = [
            one(name, length),
            one(`${name} `, length),
            seededBytes(`${seed} `, owner)(name, length),
            seededBytes(seed, `${owner} `)(name, length),
          ];
          for (const other of others) expect(other.equals(first)).toBe(false);
        },
      ),
    );
  });

  it("of one name do not depend on how often another was asked for", () => {
    const [one, other] = [seededBytes("7", "a.example"), seededBytes("7", "a.example")];
    other("nonce", 12);
    other("nonce", 12);
    expect(one("key-sign", 32)).toEqual(other("key-sign", 32));
  });
});

describe("Dice", () => {
  it("fall evenly, and the same way for the same seed", () => {
    const [one, same, other] = [dice("7", "plan"), dice("7", "plan"), dice("8", "plan")];
    const counts = Array.from({ length: 6 }, () => 0);
    let differences = 0;
    let unlike = 0;
    for (let throws = 0; throws < 60_000; throws += 1) {
      const side = one.below(6);
      counts[side] = (counts[side] ?? 0) + 1;
      if (same.below(6) !== side) unlike += 1;
      if (other.below(6) !== side) differences += 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(unlike).toBe(0);
    expect(differences).toBeGreaterThan(45_000);
  });

  it("give waiting times with the mean that was asked for", () => {
    const { wait } = dice("7", "waits");
    const times = Array.from({ length: 50_000 }, () => wait(300));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(Math.abs(times.reduce((sum, time) => sum + time, 0) / times.length - 300)).toBeLessThan(6);
  });

  it("pick nothing out of nothing", () => {
    expect(() => dice("7", "none").pick([])).toThrow(RangeError);
  });
});
