import { Refused } from "../http.ts";
import { must } from "./steps.ts";

/** Demands that the attempt is refused with one of these statuses. */
export async function refusedTo(what: string, statuses: number[], attempt: () => Promise<unknown>): Promise<void> {
  const refusal = await attempt().then(
    () => undefined,
    (error: unknown) => error,
  );
  must(refusal !== undefined, `${what} worked, but it had to be refused.`);
  if (!(refusal instanceof Refused)) {
    throw refusal;
  }
  must(statuses.includes(refusal.status), `${what} was refused in another way than expected: ${refusal.message}`);
}
