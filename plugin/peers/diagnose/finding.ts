/** What a diagnosis looks at, in this order. `host` appears only where no host was given. */
export type Check =
  | "host"
  | "policy"
  | "history"
  | "dns"
  | "address"
  | "tls"
  | "discovery"
  | "capabilities"
  | "keys"
  | "clock"
  | "signature"
  | "self";

/** `skipped`: it could not be looked at, or says nothing about this peer. */
export type FindingStatus = "ok" | "warning" | "failed" | "skipped";

/** What one check found out, for an operator. */
export interface Finding {
  check: Check;
  status: FindingStatus;
  /** In words, with what was measured. */
  message: string;
  /** What to do about it. */
  next?: string;
  /** Milliseconds that the check took. */
  duration: number;
}

/** A finding before it is known how long it took. */
export type Verdict = Pick<Finding, "status" | "message" | "next">;

export function ok(message: string): Verdict {
  return { status: "ok", message };
}

export function skipped(message: string): Verdict {
  return { status: "skipped", message };
}

export function warning(message: string, next?: string): Verdict {
  return { status: "warning", message, ...(next === undefined ? {} : { next }) };
}

export function failed(message: string, next?: string): Verdict {
  return { status: "failed", message, ...(next === undefined ? {} : { next }) };
}

/** A peer's own words as part of a sentence: on one line, without control characters, cut where they are long. */
export function shown(text: string, longest = 120): string {
  const line = onOneLine(text);
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** Without what moves the cursor, changes colours or turns the direction of writing in a terminal. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}
