import { hasStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const UNSHARE = "unshare";

/** A person takes a share back. */
export async function unshare(person: Person, id: string): Promise<void> {
  const answer = await sendAs(person, { endpoint: UNSHARE, role: "sender" }, "DELETE", `${API}/shares/sent/${id}`);
  hasStatus("unsharing", answer, 200, 202, 204);
}
