import { describe, expect, it } from "vitest";
import { skippedLine } from "./skipped-reporter.ts";

describe("the line about skipped tests", () => {
  it("counts equal reasons together", () => {
    expect(skippedLine(["no MongoDB", "no Docker", "no MongoDB"])).toBe(
      "Skipped 3 tests: 2 × no MongoDB; 1 × no Docker",
    );
  });
});
