import type { Examination } from "./examination.ts";
import { failed, ok, skipped, type Verdict, warning } from "./finding.ts";

/** Seconds of difference that are worth a warning. */
const NOTABLE = 5;
/** Seconds ahead from which on signatures are refused (SIG-05). */
const TOO_MUCH = 60;
/** A Date header tells whole seconds, so on average the time is this many milliseconds later. */
const HALF_SECOND = 500;

/** Its clock against ours, by the Date header of its last answer (RFC 9110 section 6.6.1). */
export async function checkClock({ host, exchanges }: Examination): Promise<Verdict> {
  const answer = exchanges.findLast(({ headers, url }) => "date" in headers && isAt(url, host));
  const sent = Date.parse(answer?.headers.date ?? "");
  if (answer === undefined || Number.isNaN(sent)) return skipped("No answer with a Date header came.");
  // A cache hands out old answers and says how old they are.
  const age = /^\d+$/.test(answer.headers.age ?? "") ? Number(answer.headers.age) * 1000 : 0;
  const took = answer.answeredAt - answer.sentAt;
  const seconds = (sent + age + HALF_SECOND - (answer.sentAt + took / 2)) / 1000;
  // The answer may have been made at any moment in between.
  const difference = Math.max(0, Math.abs(seconds) - took / 2000);
  if (difference <= 1) return ok("Its clock and ours agree within a second.");
  const message = `Its clock is ${Math.round(Math.abs(seconds))} seconds ${seconds > 0 ? "ahead of" : "behind"} ours.`;
  if (difference <= NOTABLE) return ok(message);
  const next = "Set both clocks by NTP.";
  if (difference <= TOO_MUCH) return warning(message, next);
  return failed(`${message} Signatures are refused from ${TOO_MUCH} seconds ahead and 300 seconds behind on.`, next);
}

function isAt(url: string, host: string): boolean {
  return url.startsWith(`https://${host}/`) || url.startsWith(`http://${host}/`);
}
