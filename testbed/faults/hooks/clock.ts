/** What makes the clock of this process wrong: how it was started, an order for as long as it stands, an episode of trouble. */
type ClockPart = "start" | "order" | "trouble";

const parts: Record<ClockPart, number> = { start: 0, order: 0, trouble: 0 };
let isReplaced = false;

/** From now on this part makes the process take the time for so many milliseconds later than it is; earlier where negative. */
export function setClockPart(part: ClockPart, milliseconds: number): void {
  parts[part] = milliseconds;
  if (milliseconds !== 0) replaceDate();
}

function replaceDate(): void {
  if (isReplaced) return;
  isReplaced = true;
  const Real = Date;
  const now = () => Real.now() + parts.start + parts.order + parts.trouble;
  globalThis.Date = new Proxy(Real, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new Real(now()).toString(),
    get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
  });
}
