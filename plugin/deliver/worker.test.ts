import { describe, expect, it } from "vitest";
import type { Rest } from "../ports/rest.ts";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import type { SharingContext } from "../sharing/context.ts";
import { createWorker } from "./worker.ts";

/** The time to which a worker rests after its first look at a store where each question takes so long, and the time it is then. */
async function firstRest(
  question: () => Promise<number | null>,
  takes: number,
): Promise<{ until: number; now: number }> {
  let now = 1_000_000;
  const slow = async <T>(answer: () => Promise<T>): Promise<T> => {
    now += takes;
    return answer();
  };
  const collection = { kind: "invite", due: () => slow(async () => []), nextDue: () => slow(question) };
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  const context = {
    store: { outgoing: collection, incoming: collection, invites: collection, contacts: collection },
    system: { now: () => now },
    log,
  } as unknown as SharingContext;
  const rested = Promise.withResolvers<{ until: number; now: number }>();
  const rest: Rest = {
    looking() {},
    async until(time, signal) {
      rested.resolve({ until: time ?? Number.POSITIVE_INFINITY, now });
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const worker = createWorker({ context, enabled: true, owner: "me", rest, telemetry: NO_TELEMETRY, delivered() {} });
  worker.start();
  const found = await rested.promise;
  await worker.close();
  return found;
}

describe("The worker of a store that answers slowly", () => {
  it("pauses between two looks although something has been due for long", async () => {
    const { until, now } = await firstRest(async () => 0, 100);
    expect(until - now).toBeGreaterThanOrEqual(50);
  });

  it("looks again a second after a look that failed, however long that took", async () => {
    const { until, now } = await firstRest(() => Promise.reject(new Error("no answer")), 5_000);
    expect(until - now).toBe(1_000);
  });

  it("waits for what is due later, and for nothing where there is nothing", async () => {
    expect((await firstRest(async () => 2_000_000, 100)).until).toBe(2_000_000);
    expect((await firstRest(async () => null, 100)).until).toBe(Number.POSITIVE_INFINITY);
  });
});
