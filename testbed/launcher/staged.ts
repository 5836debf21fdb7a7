/** What the process of a staged server tells the one that started it. */
export type StagedMessage = { type: "ready"; port: number };

/** Name of the environment variable with the milliseconds that a server's clock is ahead. */
export const CLOCK_VARIABLE = "OCM_TESTBED_CLOCK_AHEAD";

/** From now on this process takes the time for so many milliseconds later than it is. */
export function setClockAhead(milliseconds: number): void {
  if (milliseconds === 0) return;
  const Real = Date;
  const now = () => Real.now() + milliseconds;
  globalThis.Date = new Proxy(Real, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new Real(now()).toString(),
    get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
  });
}
