import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";

/** What V8's sampling profiler gives. */
export type CpuProfile = Profiler.Profile;

/** Microseconds between two looks at the stack. */
const INTERVAL = 250;

/** Calls with which the bench asks a server for a profile of its main thread. */
export function profileCalls() {
  const session = new Session();
  return {
    async beginProfile(_nothing: null): Promise<void> {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
      await session.post("Profiler.start");
    },
    async endProfile(_nothing: null): Promise<CpuProfile> {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      return profile;
    },
  };
}

export type ProfileCalls = ReturnType<typeof profileCalls>;
