import { describe, expect, it } from "vitest";
import { runScenario } from "../launcher/run-scenario.ts";
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from "../scenarios/table.ts";
import { FAULT_NAMES, type FaultName } from "./faults.ts";

/** Each scenario once, each fault at least once. All of them are run by `npm run scenarios -- --all`. */
const DIAGONAL: [ScenarioName, FaultName | null][] = [
  ["invite-flow", "cut"],
  ["invite-flow", "kill-after-answer"],
  ["share-code-flow", "loss"],
  ["share-code-flow", "expired-certificate"],
  ["share-legacy-basic", "server-errors"],
  ["wayf", "slow-body"],
  ["decline", "reorder"],
  ["decline", "kill-before-message"],
  ["unshare", "duplicate"],
  ["unshare", "database-down"],
  ["unshare", "kill-after-commit"],
  ["expiry", "latency"],
  ["write-back", "disk-full"],
  ["write-back", "kill-after-response"],
  ["big-file", "latency"],
  ["peer-down-and-back", null],
  ["invite-flow", "dns-failure"],
  ["restart-in-the-middle", "kill-before-commit"],
  ["revoked-mid-download", "latency"],
  ["duplicate-delivery", "kill-after-message"],
  ["key-rotation", "endless-body"],
  ["clock-skew", null],
  ["sender-moved", "clock-skew"],
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
    { timeout: 600_000 },
    async ({ name, fault }) => {
      const { error, steps, messages, harms } = await runScenario(SCENARIOS[name], {
        seed: "diagonal",
        listener: { started: () => undefined, ended: () => undefined },
        ...(fault === null ? {} : { fault }),
      });
      expect(error).toBeNull();
      expect(steps.at(-1)?.name).toBe("invariants");
      if (fault !== null) expect([...harms, ...messages.filter(({ harm }) => harm !== null)]).not.toEqual([]);
    },
  );
});
