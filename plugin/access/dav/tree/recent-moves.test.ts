import { describe, expect, it } from "vitest";
import { recentMoves } from "./recent-moves.ts";

describe("the moves of the last minute", () => {
  it("are remembered by who moved, from where, to where", () => {
    let now = 0;
    const moves = recentMoves({ now: () => now });
    moves.add("share-1", "/a", "/b");
    expect(moves.has("share-1", "/a", "/b")).toBe(true);
    expect(moves.has("share-2", "/a", "/b")).toBe(false);
    expect(moves.has("share-1", "/a", "/c")).toBe(false);
    expect(moves.has("share-1", "/b", "/a")).toBe(false);
    now = 59_999;
    expect(moves.has("share-1", "/a", "/b")).toBe(true);
    now = 60_000;
    expect(moves.has("share-1", "/a", "/b")).toBe(false);
  });

  it("are a bounded number, of which the oldest go first", () => {
    const moves = recentMoves({ now: () => 0 });
    for (let index = 0; index < 1_000; index += 1) moves.add("share", `/${index}`, "/x");
    moves.add("share", "/0", "/x");
    moves.add("share", "/more", "/x");
    expect(moves.has("share", "/0", "/x")).toBe(true);
    expect(moves.has("share", "/1", "/x")).toBe(false);
    expect(moves.has("share", "/2", "/x")).toBe(true);
  });
});
