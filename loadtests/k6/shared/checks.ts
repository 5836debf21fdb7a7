import { check, fail } from "k6";
import type { Answer } from "./requests.ts";

/** Checks the status of an answer, counted by the name of what was done. */
export function hasStatus(what: string, answer: Answer, ...statuses: number[]): boolean {
  return check(answer, { [`${what} answers ${statuses.join(" or ")}`]: ({ status }) => statuses.includes(status) });
}

/** As `hasStatus`, and the iteration ends where it fails: what follows makes no sense without it. */
export function needStatus(what: string, answer: Answer, ...statuses: number[]): void {
  if (!hasStatus(what, answer, ...statuses)) {
    fail(`${what}: ${answer.status} ${answer.error} ${String(answer.body).slice(0, 300)}`);
  }
}

/** A check by itself. */
export function holds(what: string, value: boolean): boolean {
  return check(value, { [what]: (held) => held });
}
