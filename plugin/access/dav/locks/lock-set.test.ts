import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lock } from "../../../ports/records.ts";
import { conflicting, isWithin, liveLocks, locksCovering } from "./lock-set.ts";

/** Every path of a small world: three levels of two names each. */
const WORLD = ["/", ...["/a", "/b"].flatMap((one) => [one, `${one}/a`, `${one}/b`, `${one}/a/a`, `${one}/a/b`]), "/ab"];

const lock: fc.Arbitrary<Lock> = fc
  .record({
    path: fc.constantFrom(...WORLD),
    depth: fc.constantFrom("0" as const, "infinity" as const),
    scope: fc.constantFrom("exclusive" as const, "shared" as const),
    expiresAt: fc.constantFrom(5, 15),
    id: fc.nat(),
  })
  .map(({ id, ...shape }) => ({ token: `t:${id}`, owner: "", principal: "ann", timeout: 1, ...shape }));

/** All paths that a lock holds, one by one. */
function scopeOf({ path, depth }: Pick<Lock, "path" | "depth">): Set<string> {
  const segments = path.split("/").filter(Boolean);
  const below = (other: string) =>
    segments.every((segment, index) => other.split("/").filter(Boolean)[index] === segment);
  return new Set(WORLD.filter((other) => other === path || (depth === "infinity" && below(other))));
}

describe("locks of one tree", () => {
  it("conflict exactly where they hold a resource in common and one of them is exclusive", () => {
    fc.assert(
      fc.property(fc.array(lock, { maxLength: 8 }), lock, (locks, wanted) => {
        const expected = locks.filter(
          (other) =>
            (other.scope === "exclusive" || wanted.scope === "exclusive") &&
            [...scopeOf(other)].some((path) => scopeOf(wanted).has(path)),
        );
        expect(conflicting(locks, wanted)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it("cover exactly what they hold, until they expire", () => {
    fc.assert(
      fc.property(fc.array(lock, { maxLength: 8 }), fc.constantFrom(...WORLD), (locks, path) => {
        const live = liveLocks({ tree: "t", version: 1, locks, updatedAt: 0 }, 10);
        const expected = locks.filter((other) => other.expiresAt === 15 && scopeOf(other).has(path));
        expect(new Set(locksCovering(live, path))).toEqual(new Set(expected));
        expect(locksCovering(live, path)).toHaveLength(expected.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are found for a plain record too", () => {
    const locks = fc.sample(
      lock.filter(({ path }) => path === "/a"),
      1,
    );
    expect(locksCovering({ tree: "t", version: 1, locks, updatedAt: 0 }, "/a")).toEqual(locks);
  });

  it("keep apart names that begin alike", () => {
    expect(isWithin("/ab", "/a")).toBe(false);
    expect(isWithin("/a/b", "/a")).toBe(true);
    expect(isWithin("/a", "/")).toBe(true);
    expect(isWithin("/", "/a")).toBe(false);
  });
});
