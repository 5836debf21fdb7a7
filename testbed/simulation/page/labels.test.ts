import { describe, expect, it } from "vitest";
import { placeLabels } from "./labels.ts";

const BOX = { width: 300, height: 200 };

/** A large disc in the middle, with others in every place where its name could stand. */
function crowd() {
  const hub = { x: 150, y: 100, r: 20 };
  const ring = Array.from({ length: 24 }, (_, i) => {
    const angle = (i * Math.PI) / 12;
    return { x: 150 + 40 * Math.cos(angle), y: 100 + 32 * Math.sin(angle), r: 8 };
  });
  return { hub, discs: [hub, ...ring] };
}

describe("The names on the map", () => {
  it("stay away where they would cover another disc", () => {
    const { hub, discs } = crowd();
    expect(placeLabels([{ text: "the hub", at: hub }], discs, BOX)).toEqual([]);
  });

  it("are there all the same for those that are needed, where they cover the least", () => {
    const { hub, discs } = crowd();
    const [label, ...others] = placeLabels([{ text: "the hub", at: hub, isNeeded: true }], discs, BOX);
    expect(others).toEqual([]);
    // In the middle of its own disc it covers no other.
    expect(label?.y).toBe(100);
    expect(label?.x).toBeLessThan(150);
  });

  it("never cover each other, needed or not", () => {
    const { hub, discs } = crowd();
    const small = { width: 60, height: 20 };
    const wish = { text: "the hub", at: { ...hub, x: 30, y: 10 }, isNeeded: true };
    expect(placeLabels([wish, wish, wish], discs, small)).toHaveLength(1);
  });
});
