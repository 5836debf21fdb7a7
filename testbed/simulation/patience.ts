import { OcmError } from "../../plugin/index.ts";
import type { VirtualClock } from "./clock.ts";
import { ServerGone } from "./virtual-server.ts";

/** How long somebody waits before they try again what their own server could not do, in milliseconds, and how often. */
const AGAIN_AFTER = 20_000;
const TRIES = 50;

/** Does what may be repeated until one's own server has done it; undefined: it does not want to. */
export async function patiently<T>(clock: VirtualClock, attempt: () => Promise<T>): Promise<T | undefined> {
  for (let left = TRIES; left > 0; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof ServerGone) continue;
      if (!isPassing(error)) return undefined;
      await clock.sleep(AGAIN_AFTER);
    }
  }
  return undefined;
}

/** Will it be better in a while? */
export function isPassing(error: unknown): boolean {
  return error instanceof OcmError && (error.code === "unavailable" || error.code === "too-many-requests");
}
