import { afterEach, describe, expect, it, vi } from "vitest";
import type { Stage } from "../scenarios/stage.ts";
import { stepper } from "../scenarios/steps.ts";
import { SCENARIOS, type ScenarioName } from "../scenarios/table.ts";
import type { VirtualClock } from "./clock.ts";
import { openCast } from "./scenarios.test-helper.ts";

const time = vi.hoisted((): { clock: VirtualClock | undefined } => ({ clock: undefined }));

// Scenarios wait by the machine's timers; here these are those of the virtual clock.
vi.mock("node:timers/promises", async (original) => ({
  ...(await original<object>()),
  setTimeout: (ms: number, _value: unknown, { signal }: { signal?: AbortSignal } = {}) => time.clock?.sleep(ms, signal),
}));

const NEVER: Stage = {
  stop: () => Promise.reject(new Error("Servers do not end here.")),
  kill: () => Promise.reject(new Error("Servers do not end here.")),
  start: () => Promise.reject(new Error("Servers do not end here.")),
  suffer: () => undefined,
  rotateKeys: () => Promise.reject(new Error("Keys stay as they are here.")),
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("The scenario", () => {
  it.each<ScenarioName>(["invite-flow", "share-code-flow", "decline", "unshare", "expiry", "write-back"])(
    "%s runs in virtual time as it does in real time",
    async (name) => {
      const { clock, sender, receiver, fetch } = await openCast("7");
      time.clock = clock;
      vi.stubGlobal("fetch", fetch);
      vi.spyOn(performance, "now").mockImplementation(() => clock.now());
      vi.spyOn(Date, "now").mockImplementation(() => clock.now());
      const steps: string[] = [];
      const step = stepper({
        started: () => undefined,
        ended: ({ name: done, ok }) => void steps.push(`${done} ${ok}`),
      });
      const begun = clock.now();
      let isOver = false;
      const playing = SCENARIOS[name].play({ step, stage: NEVER, sender, receiver, seed: "7" });
      playing
        .catch(() => undefined)
        .finally(() => {
          isOver = true;
        });
      await clock.run(() => isOver);
      await playing;
      expect(steps.length).toBeGreaterThan(2);
      expect(steps.filter((one) => !one.endsWith(" true"))).toEqual([]);
      expect(clock.now() - begun).toBeGreaterThan(name === "expiry" ? 8_000 : 50);
      expect(clock.now() - begun).toBeLessThan(60_000);
    },
    60_000,
  );
});
