import { expect, it } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

it("a full bounded map forgets what was not used for longest", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([3, undefined, 4]);
  map.get("a");
  map.set("d", 5);
  expect([map.get("a"), map.get("c"), map.get("d")]).toEqual([3, undefined, 5]);
});
