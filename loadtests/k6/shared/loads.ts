// Read by k6 and by Node, which prepares as many requests as there will be.
import type { Load } from "./profiles.ts";

/** The scripts whose requests are signed. */
export const SIGNED_LOADS = {
  "share-intake": { kind: "rate", perSecond: 200, smokePerSecond: 40 },
  token: { kind: "rate", perSecond: 200, smokePerSecond: 40 },
  notifications: { kind: "rate", perSecond: 100, smokePerSecond: 20 },
} as const satisfies Record<string, Load>;
