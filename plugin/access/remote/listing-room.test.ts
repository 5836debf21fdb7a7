import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createListingRoom } from "./listing-room.ts";

function body(): PassThrough {
  const stream = new PassThrough();
  stream.on("error", () => {});
  return stream;
}

describe("the memory for listings that are being read", () => {
  it("is not all for one server: the largest of its listings is broken off", () => {
    const room = createListingRoom({ perServer: 100, all: 1_000 });
    const [small, large, others] = [body(), body(), body()];
    room.enter("a.example", small).take(40);
    const place = room.enter("a.example", large);
    place.take(60);
    room.enter("b.example", others).take(90);
    expect([small, large, others].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    place.take(1);
    expect([small, large, others].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  });

  it("is bounded in all, and is free again when a listing has been read", () => {
    const room = createListingRoom({ perServer: 100, all: 150 });
    const [first, second, third] = [body(), body(), body()];
    const place = room.enter("a.example", first);
    place.take(80);
    place.leave();
    room.enter("b.example", second).take(70);
    room.enter("c.example", third).take(80);
    expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    room.enter("d.example", body()).take(1);
    expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  });
});
