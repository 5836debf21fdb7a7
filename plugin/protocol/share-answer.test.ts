import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeShareAnswer, encodeShareAnswer } from "./share-answer.ts";

describe("the answer to a share", () => {
  it("is read as it is written (SHARE-39, SHARE-40)", () => {
    expect(encodeShareAnswer("Bob")).toEqual({ recipientDisplayName: "Bob" });
    expect(decodeShareAnswer(encodeShareAnswer("Bob"))).toBe("Bob");
  });

  it.each([
    ["ownCloud 10", []],
    ["CERNBox", {}],
    ["Nextcloud, to a group", { recipientDisplayName: "" }],
    ["Seafile, with our body", { shareWith: "bob@x" }],
    ["a server without a body", undefined],
  ])("has no name from %s (G-16, Y-16)", (_vendor, json) => {
    expect(decodeShareAnswer(json)).toBeNull();
  });

  it("is read from any body without an exception", () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => void decodeShareAnswer(json)));
  });
});
