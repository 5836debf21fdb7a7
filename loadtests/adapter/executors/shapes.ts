import { milliseconds } from "../duration.ts";

export interface Stage {
  duration: string;
  target: number;
}

/** At what time there are how many virtual users, in milliseconds from the start, ascending. */
export interface Step {
  at: number;
  vus: number;
}

/** Every change of the number of virtual users of a `ramping-vus` scenario: linear within each stage. */
export function vuSteps(startVUs: number, stages: readonly Stage[]): Step[] {
  const steps: Step[] = [{ at: 0, vus: startVUs }];
  let from = startVUs;
  let begin = 0;
  for (const { duration, target } of stages) {
    const length = milliseconds(duration);
    const count = Math.abs(target - from);
    const direction = Math.sign(target - from);
    if (length === 0) {
      steps.push({ at: begin, vus: target });
    } else {
      for (let step = 1; step <= count; step += 1) {
        steps.push({ at: begin + (length * step) / count, vus: from + direction * step });
      }
    }
    from = target;
    begin += length;
  }
  return steps;
}

/** Milliseconds of all stages together. */
export function lengthOf(stages: readonly Stage[]): number {
  return stages.reduce((sum, { duration }) => sum + milliseconds(duration), 0);
}

/** When each iteration of a `constant-arrival-rate` scenario starts: the first one at once. */
export function* constantArrivals(rate: number, timeUnit: string | number, duration: string): Generator<number> {
  const apart = milliseconds(timeUnit) / rate;
  const length = milliseconds(duration);
  for (let index = 0; index * apart < length; index += 1) yield index * apart;
}

/**
 * When each iteration of a `ramping-arrival-rate` scenario starts: the n-th when the area below the line of the rate is n.
 * Within a stage the rate changes linearly.
 */
export function* rampingArrivals(
  startRate: number,
  timeUnit: string | number,
  stages: readonly Stage[],
): Generator<number> {
  const unit = milliseconds(timeUnit);
  let rate = startRate / unit;
  let begin = 0;
  let done = 0;
  let next = 1;
  for (const { duration, target } of stages) {
    const length = milliseconds(duration);
    const end = target / unit;
    const area = ((rate + end) / 2) * length;
    // A little slack, so that rounding does not lose the last one.
    while (next <= done + area + 1e-9) {
      yield begin + timeOf(next - done, rate, end, length);
      next += 1;
    }
    done += area;
    begin += length;
    rate = end;
  }
}

/** When the area below a line from `from` to `to` has grown to `area`. */
function timeOf(area: number, from: number, to: number, length: number): number {
  const slope = (to - from) / length;
  if (Math.abs(slope) < 1e-15) return area / from;
  return (-from + Math.sqrt(Math.max(0, from * from + 2 * slope * area))) / slope;
}
