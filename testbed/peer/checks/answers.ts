import { maskText } from "../../faults/mask.ts";
import { type Bench, isTaken } from "../bench.ts";
import type { Answer } from "../reach.ts";
import type { RequirementId } from "../requirements.ts";
import { Skipped, type Tally } from "../tally.ts";

/** The status of an answer and what it says, for one line. */
export function shown({ status, text }: Pick<Answer, "status" | "text">): string {
  const { message, error } = objectOf(parsed(text));
  const words = [message, error].find((value) => typeof value === "string") ?? text;
  // Masked before it is cut: what a bad server gives away is no business of a report.
  const start = maskText(String(words)).replaceAll(/\s+/g, " ").trim().slice(0, 120);
  return start === "" ? String(status) : `${status} ${start}`;
}

export function isJson(answer: Answer): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(answer.headers["content-type"] ?? "");
}

/** The body where it is a JSON object, or an empty one. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The JSON of a text; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Demands that a bad message is refused with 4xx. @returns whether it was */
export function refusedWell(tally: Tally, id: RequirementId, answer: Answer, what: string): boolean {
  const isSound = tally.holds("GOOD-01", answer.status < 500, `${what} was answered with ${shown(answer)}`);
  const isRefused = tally.holds(id, !isTaken(answer) && answer.status >= 300, `${what} was taken: ${shown(answer)}`);
  return isSound && isRefused;
}

/**
 * Demands that a share is refused for its signature. Where a good one is refused too, only a refusal of another kind says something.
 */
export function refusedForSignature(
  bench: Bench,
  tally: Tally,
  id: RequirementId,
  answer: Answer,
  what: string,
  statuses = [401, 403],
): void {
  if (!refusedWell(tally, id, answer, what)) return;
  const isNamed = statuses.includes(answer.status);
  if (!bench.found.isGoodShareTaken && !isNamed) {
    throw new Skipped(
      `It was refused with ${answer.status}, but so may be a good share: name an account there with --user NAME.`,
    );
  }
  tally.holds("SHARE-43", isNamed, `${what} was answered with ${shown(answer)}`);
}
