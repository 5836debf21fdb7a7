import { describe, expect, it } from "vitest";
import { eventually, must, StepFailed, type StepResult, stepper } from "./steps.ts";

function recorder() {
  const results: (StepResult & { detail: string })[] = [];
  return {
    results,
    listener: {
      started: () => {},
      ended: (result: StepResult, detail: string) => void results.push({ ...result, detail }),
    },
  };
}

describe("a step", () => {
  it("gives what it found and tells its time and details", async () => {
    const { results, listener } = recorder();
    const found = await stepper(listener)("one", async (say) => {
      say("first");
      say("second");
      return 42;
    });
    expect(found).toBe(42);
    expect(results).toEqual([{ name: "one", ok: true, ms: expect.any(Number), detail: "first; second" }]);
  });

  it("ends the scenario with its name when it fails", async () => {
    const { results, listener } = recorder();
    const failing = stepper(listener)("two", async () => must(1 > 2, "One is not more."));
    await expect(failing).rejects.toEqual(expect.objectContaining({ step: "two", message: "One is not more." }));
    await expect(failing).rejects.toBeInstanceOf(StepFailed);
    expect(results).toEqual([
      { name: "two", ok: false, ms: expect.any(Number), error: "One is not more.", detail: "" },
    ]);
  });

  it("fails when it takes longer than its time", async () => {
    const { results, listener } = recorder();
    await expect(stepper(listener, 30)("three", () => new Promise(() => {}))).rejects.toThrow("longer than 0.03 s");
    expect(results[0]?.ok).toBe(false);
  });
});

describe("eventually", () => {
  it("asks until there is an answer", async () => {
    let asked = 0;
    expect(await eventually("it", async () => (++asked === 3 ? "there" : undefined))).toBe("there");
  });

  it("names what it waited for in vain", async () => {
    await expect(eventually("rain", async () => undefined, 20)).rejects.toThrow("in vain for rain");
  });
});
