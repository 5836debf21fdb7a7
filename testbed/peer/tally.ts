import type { Message } from "../faults/message.ts";
import { REQUIREMENTS, type RequirementId } from "./requirements.ts";

export type Status = "pass" | "warning" | "fail" | "skipped";

/** One requirement that does not hold. */
export interface Problem {
  id: RequirementId;
  found: string;
  /** What was sent and what came back, where a message showed it. */
  message: Message | null;
}

/** What one check found. */
export interface Result {
  name: string;
  status: Status;
  /** The requirements that it looks at. */
  ids: readonly RequirementId[];
  /** For a person, in one line; of a skipped check the reason. */
  found: string;
  ms: number;
  problems: Problem[];
}

/** Ends a check: it cannot be done, for this reason. */
export class Skipped extends Error {}

/** Collects what a check finds. */
export interface Tally {
  /** Notes that a requirement holds or does not. Gives the condition back. */
  holds(id: RequirementId, condition: boolean, found: string): boolean;
  /** What is worth telling when all is well. */
  say(detail: string): void;
}

/** A tally that can be read at its end. @param lastMessage what was said to the peer last, as evidence */
export function tally(
  lastMessage: () => Message | null,
): Tally & { verdict(): Pick<Result, "status" | "found" | "problems"> } {
  const problems: Problem[] = [];
  const said: string[] = [];
  return {
    holds(id, condition, found) {
      if (!condition) problems.push({ id, found, message: lastMessage() });
      return condition;
    },
    say: (detail) => void said.push(detail),
    verdict() {
      const hard = problems.filter(({ id }) => REQUIREMENTS[id].level === "must");
      const status = hard.length > 0 ? "fail" : problems.length > 0 ? "warning" : "pass";
      const shown = hard.length > 0 ? hard : problems;
      const found =
        status === "pass"
          ? [...new Set(said)].join("; ")
          : [...new Set(shown.map((problem) => problem.found))].join("; ");
      return { status, found, problems };
    },
  };
}
