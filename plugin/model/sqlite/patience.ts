import type { System } from "../../ports/system.ts";
import { failureKind } from "./failures.ts";

/** How long to wait for another process that writes, in milliseconds, and how often to look. */
const PATIENCE = 5000;
const PAUSE = 20;

/** Runs a job again while another process holds the database, without holding the event loop. @throws what the job throws */
export async function patiently<T>(system: System, job: () => T): Promise<T> {
  const deadline = system.now() + PATIENCE;
  for (;;) {
    try {
      return job();
    } catch (error) {
      if (failureKind(error) !== "busy" || system.now() >= deadline) throw error;
      await system.sleep(PAUSE);
    }
  }
}
