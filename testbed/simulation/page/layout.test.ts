import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textWidth } from "../../plots/chart.ts";
import { placeLabels } from "./labels.ts";
import { type Bond, type Disc, layout, type Spot } from "./layout.ts";

const BOX = { width: 880, height: 640, margin: 8 };

const spots = (group: fc.Arbitrary<string | null>) =>
  fc.array(fc.record({ group, load: fc.nat({ max: 100_000 }) }), { minLength: 1, maxLength: 120 });

const bonds = fc.array(
  fc.record({ from: fc.nat({ max: 119 }), to: fc.nat({ max: 119 }), weight: fc.nat({ max: 1000 }) }),
  { maxLength: 200 },
);

function inBox({ x, y, r }: Disc): boolean {
  return x - r >= 0 && x + r <= BOX.width && y - r >= 0 && y + r <= BOX.height;
}

function covering(discs: readonly Disc[]): number {
  return discs.flatMap((one, i) =>
    discs.slice(i + 1).filter((other) => Math.hypot(one.x - other.x, one.y - other.y) < one.r + other.r - 1),
  ).length;
}

describe("the layout of a map", () => {
  it.each([
    ["without groups", fc.constant(null)],
    ["with groups", fc.constantFrom(null, "a", "b", "c", "d")],
  ])("has every server within the box, apart from each other, the same each time: %s", (_, group) => {
    fc.assert(
      fc.property(spots(group), bonds, (all: Spot[], some: Bond[]) => {
        const valid = some.filter(({ from, to }) => from < all.length && to < all.length && from !== to);
        const { discs, hulls } = layout(all, valid)(BOX);
        expect(discs).toHaveLength(all.length);
        expect([...discs, ...hulls].every(inBox)).toBe(true);
        expect(covering(discs)).toBe(0);
        expect(covering(hulls)).toBe(0);
        expect(layout(all, valid)(BOX)).toEqual({ discs, hulls });
      }),
      { numRuns: 30 },
    );
  });

  it("has the servers of a group in its circle", () => {
    const all = Array.from({ length: 60 }, (_, i) => ({ group: `g${i % 6}`, load: i * 10 }));
    const { discs, hulls } = layout(all, [])(BOX);
    for (const [i, { x, y, r }] of discs.entries()) {
      const hull = hulls.find(({ group }) => group === all[i]?.group);
      expect(Math.hypot(x - (hull?.x ?? 0), y - (hull?.y ?? 0)) + r).toBeLessThanOrEqual((hull?.r ?? 0) + 0.001);
    }
  });

  it("has those near each other that have to do with each other", () => {
    // Two rings of ten, which know each other by one link.
    const ring = (first: number) =>
      Array.from({ length: 10 }, (_, i) => ({ from: first + i, to: first + ((i + 1) % 10), weight: 5 }));
    const all = Array.from({ length: 20 }, () => ({ group: null, load: 1 }));
    const { discs } = layout(all, [...ring(0), ...ring(10), { from: 0, to: 10, weight: 1 }])(BOX);
    const middle = (part: Disc[]) => ({
      x: part.reduce((sum, { x }) => sum + x, 0) / part.length,
      y: part.reduce((sum, { y }) => sum + y, 0) / part.length,
    });
    const [one, other] = [middle(discs.slice(0, 10)), middle(discs.slice(10))];
    const own = discs.slice(0, 10).map(({ x, y }) => Math.hypot(x - one.x, y - one.y));
    expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(
      own.reduce((sum, far) => sum + far, 0) / own.length,
    );
  });
});

describe("the words of a map", () => {
  it("cover neither each other, nor a larger disc, nor the edge", () => {
    const disc = fc.record({
      x: fc.double({ min: 0, max: 880, noNaN: true }),
      y: fc.double({ min: 0, max: 640, noNaN: true }),
      r: fc.double({ min: 2, max: 28, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(disc, { maxLength: 60 }), (discs) => {
        const labels = placeLabels(
          discs.map((at, i) => ({ text: `server-${i}`, at })),
          discs,
          BOX,
        );
        for (const [i, { text, x, y }] of labels.entries()) {
          expect(x >= 0 && x + textWidth(text) <= BOX.width && y - 6 >= 0 && y + 6 <= BOX.height).toBe(true);
          for (const other of labels.slice(i + 1)) {
            const apart =
              Math.abs(other.y - y) >= 12 || x >= other.x + textWidth(other.text) || other.x >= x + textWidth(text);
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });
});
