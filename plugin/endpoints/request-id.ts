import type { System } from "../ports/system.ts";

const WELL_FORMED = /^[A-Za-z0-9-]{8,64}$/;

/** The X-Request-Id that came, if it is well-formed, else a new one: it goes through our log, our deliveries and the peer's log. */
export function requestIdOf(header: string | string[] | undefined, system: System): string {
  return typeof header === "string" && WELL_FORMED.test(header)
    ? header
    : system.random("request-id", 15).toString("hex");
}
