import type { Message } from "../faults/message.ts";
import { OURS, type Reference, THEIRS } from "./reference.ts";

/** All that was said between the two servers, in the order in which it began. @param checks what the checks said in our name */
export async function conversation(checks: readonly Message[], reference: Reference): Promise<Message[]> {
  const spoken = checks.map((message) => ({ ...message, from: OURS, to: THEIRS }));
  const all = [...spoken, ...(await reference.outgoing().catch(() => [])), ...reference.incoming()];
  return all.sort((one, other) => one.at - other.at).map((message, index) => ({ ...message, number: index + 1 }));
}
