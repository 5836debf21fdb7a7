import type { Logger } from "../ports/log.ts";
import { NO_TELEMETRY, type Telemetry } from "../ports/telemetry.ts";

/** Does something that only an observer needs. What it throws, such as a span processor of the host's, is logged and goes no further. */
export type Quietly = <T>(act: () => T) => T | undefined;

/** The first failure is a warning and later ones are details: a broken exporter fails at every request. */
export function quietly(log: Logger): Quietly {
  let isTold = false;
  return (act) => {
    try {
      return act();
    } catch (err) {
      log[isTold ? "debug" : "warn"]({ err }, "Telemetry fails; what it observes goes on without it.");
      isTold = true;
      return undefined;
    }
  };
}

/** The same telemetry, whose own failures reach nobody: work is done once, and its outcome counts, whatever fails around it. */
export function harmless(telemetry: Telemetry, quiet: Quietly): Telemetry {
  async function around<T>(wrapped: (work: () => Promise<T>) => Promise<T>, work: () => Promise<T>): Promise<T> {
    let outcome: Promise<T> | undefined;
    const once = () => (outcome ??= (async () => work())());
    try {
      return await wrapped(once);
    } catch (error) {
      // Where it was the work that failed, this throws the same again.
      const value = await once();
      quiet(() => {
        throw error;
      });
      return value;
    }
  }

  return {
    serve(request, work) {
      let done: { value: ReturnType<typeof work> } | undefined;
      let isBegun = false;
      try {
        return telemetry.serve(request, (served) => {
          isBegun = true;
          const value = work({ answered: (outcome) => quiet(() => served.answered(outcome)) });
          done = { value };
          return value;
        });
      } catch (error) {
        if (isBegun && done === undefined) throw error;
        quiet(() => {
          throw error;
        });
        return done === undefined ? NO_TELEMETRY.serve(request, work) : done.value;
      }
    },
    ask: (request, work) => around((once) => telemetry.ask(request, once), work),
    deliver: (delivery, work) => around((once) => telemetry.deliver(delivery, once), work),
    verify: (host, work) => around((once) => telemetry.verify(host, once), work),
    exchange: (host, work) => around((once) => telemetry.exchange(host, once), work),
    decided: (decision) => quiet(() => telemetry.decided(decision)),
    delivered: (delivery) => quiet(() => telemetry.delivered(delivery)),
    looked: (cache, found) => quiet(() => telemetry.looked(cache, found)),
    transfer(of) {
      const ended = quiet(() => telemetry.transfer(of));
      return () => quiet(() => ended?.());
    },
    observe(gauges) {
      const unobserve = quiet(() => telemetry.observe(gauges));
      return () => quiet(() => unobserve?.());
    },
  };
}
