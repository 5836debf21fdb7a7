import { hasStatus } from "../shared/checks.ts";
import { sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const REMOVE_FILE = "remove-file";

/** A person removes a file of their own. */
export async function removeFile(person: Person, path: string): Promise<void> {
  const answer = await sendAs(person, { endpoint: REMOVE_FILE, role: "sender" }, "DELETE", `/files${path}`);
  hasStatus("removing a file", answer, 204);
}
