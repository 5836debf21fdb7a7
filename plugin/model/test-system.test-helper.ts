import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { System } from "../ports/system.ts";

/** As much of the machine as the model needs. */
export const testSystem: System = {
  now: () => Date.now(),
  sleep: (ms) => setTimeout(ms),
  soon: () => new Promise((resolve) => setImmediate(resolve)),
  timeout: (ms) => AbortSignal.timeout(ms),
  random: (_purpose, bytes) => randomBytes(bytes),
  verify: () => Promise.reject(new Error("The model verifies nothing.")),
  fetch: () => Promise.reject(new Error("The model fetches nothing.")),
  resolve: () => Promise.reject(new Error("The model resolves nothing.")),
};

export const ORIGIN = "https://here.example.org";
