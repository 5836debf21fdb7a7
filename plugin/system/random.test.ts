import { expect, it } from "vitest";
import { createRandom } from "./random.ts";

it("never gives the same bytes twice, across the ends of its pool and beyond its size", () => {
  const random = createRandom();
  const seen = new Set<string>();
  for (let index = 0; index < 5000; index++) {
    const length = [16, 32, 33, 255, 256, 257, 9000][index % 7] ?? 16;
    const bytes = random(length);
    expect(bytes).toHaveLength(length);
    seen.add(bytes.toString("hex"));
  }
  expect(seen.size).toBe(5000);
});

it("gives bytes that nobody else holds", () => {
  const random = createRandom();
  const first = random(16);
  const copy = first.toString("hex");
  random(16).fill(0);
  expect(first.toString("hex")).toBe(copy);
  expect(copy).not.toMatch(/^0+$/);
});
