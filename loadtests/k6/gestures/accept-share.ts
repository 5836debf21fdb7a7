import { needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const ACCEPT_SHARE = "accept-share";

/** A person accepts a share. */
export async function acceptShare(person: Person, id: string): Promise<void> {
  const place = { endpoint: ACCEPT_SHARE, role: "receiver" } as const;
  const answer = await sendAs(person, place, "POST", `${API}/shares/received/${id}/accept`);
  needStatus("accepting a share", answer, 200, 202);
}
