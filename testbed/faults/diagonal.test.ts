import { describe, expect, it } from "vitest";
import { runScenario } from "../launcher/run-scenario.ts";
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from "../scenarios/table.ts";
import { FAULT_NAMES, type FaultName } from "./faults.ts";

/** Each scenario once, each fault at least once. All of them are run by `npm run scenarios -- --all`. */
const DIAGONAL: [ScenarioName, FaultName | null][] = [
  ["invite-flow", "cut"],
  ["share-code-flow", "loss"],
  ["share-legacy-basic", "server-errors"],
  ["decline", "reorder"],
  ["unshare", "duplicate"],
  ["expiry", "latency"],
  ["write-back", "slow-body"],
  ["big-file", "latency"],
  ["peer-down-and-back", null],
  ["restart-in-the-middle", "slow-body"],
  ["revoked-mid-download", "latency"],
  ["duplicate-delivery", null],
  ["key-rotation", "endless-body"],
  ["clock-skew", "duplicate"],
];

describe("The diagonal of scenario and fault", () => {
  it("has each scenario and each fault", () => {
    expect(new Set(DIAGONAL.map(([scenario]) => scenario))).toEqual(new Set(SCENARIO_NAMES));
    expect(new Set(DIAGONAL.flatMap(([, fault]) => fault ?? []))).toEqual(new Set(FAULT_NAMES));
  });

  const runs = DIAGONAL.map(([name, fault]) => ({
    name,
    fault,
    run: fault === null ? name : `${name} under ${fault}`,
  }));
  it.concurrent.each(runs)(
    "$run ends as it must, with both books in order",
    { timeout: 120_000 },
    async ({ name, fault }) => {
      const { error, steps, messages } = await runScenario(SCENARIOS[name], {
        seed: "diagonal",
        listener: { started: () => undefined, ended: () => undefined },
        ...(fault === null ? {} : { fault }),
      });
      expect(error).toBeNull();
      expect(steps.at(-1)?.name).toBe("invariants");
      if (fault !== null) expect(messages.some(({ harm }) => harm !== null)).toBe(true);
    },
  );
});
